"""What stands once `siap` is said."""

import pytest

from tests.e2e.harness import Office

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("verb", ["run", "intake", "desk"])
def test_who_says_siap_is_healthy_from_the_first_question_on(ready_office: Office, verb: str) -> None:
    process = ready_office.launch(verb).wait_ready()
    health = process.get("/health")
    assert health.status_code == 200, health.text
    process.stop()
