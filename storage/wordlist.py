"""256 short Indonesian words, no two of them one letter apart: fingerprints that are compared by voice."""

WORDS: tuple[str, ...] = tuple(
    """
    air anak anggrek angin angklung angsa apel arang arus atap awan badak baju bakau balon bantal batik bayam bebek
    becak beras beringin besi betis biji bingkai bintang biru bola buah bubur bukit bulan bunga burung cabai cacing
    candi cangkir capung cat catur celana ceri cermin cincin coklat cuka cumi daging daun delima delman desa dinding
    domba dompet donat dua durian ekor elang emas ember embun empat enam fajar foto gajah garam gelas gerbang
    gerobak gigi gitar gula gunting gunung gurita guru hiu hujan huruf ibu ikan intan istana jagung jalan jambu
    jarum jati jempol jendela jeruk kaca kaki kalung kancing kapal karet kasur katak kayu kebun kecap keju kelapa
    kelinci kemeja kemiri kenari kendi kera kerang kerbau kipas kolam kolibri komodo kompas koran kota kuas kubis
    kuda kuku kulit kunci kursi labu lada ladang lampu landak langit laut layar lebah lemari lidah lilin lima
    lonceng lukisan lumut madu mangkuk mawar medali meja melati melon menara merah merpati mobil murai musim mutiara
    naga nanas nangka nasi negeri nelayan nenek nila obat obor ombak onta pagar pagi paku pala panci panda papan
    paprika pasir payung pelangi pelita pena pensil perahu permata petani piano pintu pinus piring pisang pisau
    pohon pulau radio rambut rantai rempah roda rotan roti rumah rusa sabun sapu sarung sawah sawit sawo selimut
    semangka semut sendok senja sepatu sepeda serai singa siput sirih sisir stasiun sumur sungai surat tali taman
    tanah tangan tangga tas tebu telaga telur tempe tenda tikar tomat tongkat topi tugu tupai ubi udang ular vanili
    wajan warna wayang wortel zaitun zamrud
    """.split()
)
