import signal
import subprocess

from deploy.session.session import Session


def test_after_a_session_its_process_and_what_it_starts_hear_signals_as_before() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with Session() as session:
        folder = session.folder
        assert folder.is_dir()
    assert not folder.exists()
    assert [signal.getsignal(number) for number in numbers] == before
    sleeper = subprocess.Popen(["sleep", "60"])
    sleeper.terminate()
    assert sleeper.wait(10) == -signal.SIGTERM
