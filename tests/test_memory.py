"""What a service holds in memory stays there when it crashes."""

import subprocess
import sys

_PR_GET_DUMPABLE = 3
_TRY = f"""
import ctypes, resource
from bot import memory
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
memory.keep_private()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl({_PR_GET_DUMPABLE}, 0, 0, 0, 0))
"""


def test_a_service_leaves_no_memory_image_also_where_images_are_piped_to_a_program() -> None:
    done = subprocess.run([sys.executable, "-c", _TRY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0) 0"
