"""Keys of messages/petugas.yaml, each with the placeholders it may hold."""

from collections.abc import Mapping

# key, or key:placeholder,placeholder
_WORDS = """
baru_saja menit:n jam:n hari:n urgensi_darurat urgensi_tinggi urgensi_sedang urgensi_rendah keadaan_new
keadaan_claimed keadaan_in_progress keadaan_referred keadaan_monitoring keadaan_closed jenis_laporan
jenis_ingin_bicara jenis_teknis kecamatan_belum luar_kota hp_bersama belum_selesai kartu_baru:kode,urgensi
kartu_kembali:kode,urgensi kartu_naik:kode,urgensi kartu_menunggu:kode,urgensi kartu_diam:kode,urgensi
kartu_lagi:kode,urgensi kartu_ditangani:kode,urgensi kartu_selesai:kode kartu_lama:kode kartu_umur:jam,umur
kartu_pemilik:keadaan,nama tombol_ambil tombol_ambil_kode:kode tombol_buka tombol_buka_kode:kode tombol_balas
tombol_catatan tombol_tutup tombol_kembalikan tombol_urgensi tombol_nomor tombol_batal tombol_batalkan
tombol_setuju tombol_belum tombol_selesai diambil:kode,urgensi sudah_kamu_ambil:kode sudah_padamu:kode
sudah_diambil:kode,nama sudah_ditutup:kode bukan_petugas anonim bukan_kasusmu:kode tidak_berlaku
lepas_pemilik:kode diwarisi:kode,nama dikembalikan:kode panggilan:kode,tempat,urgensi
panggilan_dipegang:kode,nama,urgensi
panggilan_dibuka_lagi:kode,nama,urgensi panggilan_lagi:kode,tempat,urgensi panggilan_dipegang_lagi:kode,nama
panggilan_diam:kode,tempat,urgensi
naik_pemilik:kode,urgensi pesan_baru:kode dibuka_lagi:kode pelapor_diam:kode pelapor_aman:kode
dipanggil_lagi:kode
pelapor_putus:kode minta_telepon:kode ringkas:n macet_unclaimed:kode,umur,urgensi
macet_untouched:kode,nama,umur,urgensi macet_silent:kode,nama,umur,urgensi macet_consent:kode,umur,urgensi
jaring:kode,urgensi laporan_kepala:kode,urgensi laporan_asal:jam,jenis,sebab,tempat status_tidak_tahu
status_dilewati status_kosong kata_sendiri:kata lokasi:titik ubahan ada_berkas:jenis berkas_voice berkas_audio
berkas_photo berkas_video berkas_document berkas_menyusul belum_dibersihkan:kode belum_ditanya:bidang
tidak_ada_baru bidang_bahaya bidang_balas bidang_siapa bidang_tempat bidang_cerita bidang_luka bidang_jenis
bidang_kapan bidang_orangnya bidang_dekat bidang_umur bidang_kelamin bidang_khusus halaman_note:isi,jam,nama
halaman_reply:isi,jam,nama halaman_closing:isi,jam,nama halaman_kejadian:isi,jam kejadian_dibuka_lagi
kejadian_urgensi kejadian_berkas kejadian_lost_answer kejadian_lost_file kejadian_tanda_diam
kejadian_tanda_hapus kejadian_tanda_aman kejadian_tanda_unreachable kejadian_tanda_reachable
kejadian_tanda_read kejadian_tanda_lain kejadian_teknis_letter_refused kejadian_teknis_lost_answer
kejadian_teknis_lost_file kejadian_teknis_turn kejadian_teknis_tick kejadian_teknis_letter
kejadian_teknis_media kejadian_teknis_unsent_message kejadian_teknis_unsent_card kejadian_teknis_telegram_down
kejadian_teknis_token_revoked kejadian_teknis_store_down kejadian_teknis_peer_down
kejadian_teknis_set_back_desk kejadian_teknis_set_back_intake kejadian_teknis_lain
tanya_balas:alias,jangkau,kode
tanya_catatan:kode jangkau_aman jangkau_pesan jangkau_jangan jangkau_putus balasan:alias,kode
kirim_waiting:detik kirim_cancelled kirim_handed_over kirim_sent kirim_shown kirim_held
kirim_held_until:jam kirim_blocked
kirim_failed ditarik_kembali sudah_berangkat dibatalkan dicatat:kode buka_dulu:kode teknis_tanpa_pelapor:kode
kasus_mana tanpa_kasus hanya_teks ubahan_tidak_ikut tanya_urgensi:kode tanya_alasan:kode,urgensi
urgensi_diubah:kode,urgensi nomor:kode,nomor nomor_habis tanya_hasil:kode hasil_ditangani hasil_diserahkan
hasil_bukan_kekerasan hasil_luar_wilayah hasil_kurang_informasi hasil_ditarik hasil_ganda hasil_iseng
tanya_ringkasan:hasil,kode baca_dulu:kode menunggu_setuju:kode belum_ada_kedua:kode
minta_setuju:hasil,kode,nama,ringkasan,urgensi belum_setuju:kode,nama terima_kasih ditutup:hasil,kode
tugas_hapus:jam,kode daftar_tugas tugas_kosong daftar_kasus kasus_kosong daftar_mengambang mengambang_kosong
tanpa_pemilik baris_kasus:jam,keadaan,kode,nama,urgensi dan_lagi:n selamat_datang:nama bantuan gagal_diproses
perintah_tak_dikenal hanya_pribadi grup_terhubung grup_hilang
"""

#: messages/petugas.yaml: what staff read, in private and in the group.
STAFF: Mapping[str, frozenset[str]] = {
    key: frozenset(names.split(",")) if names else frozenset()
    for key, _, names in (word.partition(":") for word in _WORDS.split())
}
