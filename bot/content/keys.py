"""Keys of the messages that the program says by itself, each with the placeholders it may hold.

`{layanan.KEY}` may stand in any of them. A key that is missing from its file is an error, one that is not listed here a
warning: so the sentences stay the office's, and the program never falls silent for want of one.
"""

from collections.abc import Mapping

from bot.content.staff_keys import STAFF

_ENGINE = """
kaki kaki_teks kaki_beberapa tombol_selesai disimpan dicatat:jawaban dicatat_teks teruskan tidak_paham tidak_paham_lagi
pilih_satu tersimpan sudah_terkirim kuat keluar jeda di_sini diterima dihapus hapus_petugas foto_lepas tidak_terbaca
kontak_ditolak nomor_salah kode_salah tombol_lama ke_petugas terisi tidak_tahu dilewati hari bulan umur_di_bawah_5
umur_5_sampai_12 umur_13_sampai_17 umur_dewasa cerita sekitar:tanggal
"""
_INTAKE = """
sampai:jam ditangani:alias dibaca:alias dari_petugas:alias,pesan ditutup darurat_menunggu tunggu_jaga:jam
tunggu_malam:jam tunggu_kosong
tunggu_putus sampai_tanpa_jam jam_hari_ini:jam jam_besok:jam jam_tanggal:tanggal,jam status_kosong status_tersimpan
status_sampai:jam status_ditangani:alias status_selesai status_belum_dikirim status_hilang kode_baru:kode
kode_ada:kode kode_tidak_ada kode_dibatasi tidak_ada_pesan bukan_grup berkas_besar gagal_berkas kata_minta kata_salah
kata_terkunci kata_dipasang gangguan
"""


def _registry(listed: str) -> Mapping[str, frozenset[str]]:
    """`key` or `key:placeholder,placeholder`, by spaces -> key -> placeholders."""
    pairs = (entry.partition(":") for entry in listed.split())
    return {key: frozenset(names.split(",")) if names else frozenset() for key, _, names in pairs}


#: messages/umum.yaml: said inside a conversation, by the engine or by intake.
UMUM: Mapping[str, frozenset[str]] = _registry(_ENGINE + _INTAKE)

#: messages/push.yaml: may be pushed unasked, so held to neutral words.
PUSH: Mapping[str, frozenset[str]] = _registry("ada_pesan masih_ada")

__all__ = ["PUSH", "STAFF", "UMUM"]
