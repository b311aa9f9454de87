"""`.query` and `.partiql`: questions to a descriptor, and the answers on it."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import time

import pytest

from asking import SHELLS, ask, items_asked, rest_of, session
from conftest import module_mount_of
from mounting import changes, opened, read_text, refused, save

LARGE = 50000
YEARS = 20


def movie(n):
    return {"year": 2000 + n % YEARS, "title": f"m{n:06}", "info": {"rating": n % 10, "plot": "x" * 100}}


def load(table, items):
    save(table / ".import", "".join(json.dumps(one) + "\n" for one in items))
    return table


@pytest.fixture(scope="module")
def big_mount(request):
    with module_mount_of(request, "query-file") as mount:
        load(mount.table("Movies", "year:N title:S"), map(movie, range(LARGE)))
        yield mount


@pytest.fixture(scope="module")
def movies(big_mount):
    return big_mount / "Movies"


@pytest.fixture
def users(mount):
    table = mount.table("Users", "id:S")
    return load(table, [{"id": name, "age": 20 + n} for n, name in enumerate("abcdef")])


def titles(n_from, n_to):
    return [f"m{n:06}" for n in range(n_from, n_to, YEARS)]


def titles_of(text):
    return [json.loads(line)["title"] for line in text.splitlines()]


# One descriptor


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_asks_and_reads_on_one_descriptor(big_mount, shell):
    script = """
        exec 3<>Movies/.query
        echo "year = 2013 AND title < 'm000100'" >&3
        cat <&3
    """
    answer = big_mount.run(shell, "-c", script).stdout
    assert [json.loads(line) for line in answer.splitlines()] == [movie(n) for n in range(13, 100, YEARS)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_asks_many_questions_on_one_descriptor(big_mount, shell):
    script = """
        exec 3<>Movies/.query
        for year in 2001 2002 2003; do
            echo "year = $year AND title < 'm000040'" >&3
            while read -r line; do echo "$year $line"; done <&3
        done
    """
    lines = big_mount.run(shell, "-c", script).stdout.splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["2001"] * 2 + ["2002"] * 2 + ["2003"] * 2
    assert titles_of("\n".join(line.split(" ", 1)[1] for line in lines)) == [
        "m000001", "m000021", "m000002", "m000022", "m000003", "m000023",
    ]  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
def test_head_takes_line_after_line_of_an_answer(big_mount, shell):
    script = """
        exec 3<>Movies/.query
        echo "year = 2013" >&3
        head -n 1 <&3; head -n 2 <&3; read -r line <&3; echo "$line"; sed 1q <&3
    """
    assert titles_of(big_mount.run(shell, "-c", script).stdout) == titles(13, 13 + 5 * YEARS)


def test_jq_reads_the_answer(big_mount):
    script = "exec 3<>Movies/.query; echo 'year = 2013' >&3; jq -n '[inputs | .info.rating] | add' <&3"
    expected = sum(n % 10 for n in range(13, LARGE, YEARS))
    assert big_mount.bash(script).stdout == f"{expected}\n"


def test_a_coprocess_is_asked_many_questions(big_mount):
    script = """
        coproc { exec 3<>Movies/.query
            while read -r question; do echo "$question" >&3; cat <&3; echo .; done; }
        for title in m000013 m000014 m000033; do
            echo "title = '$title' AND year = 2013" >&${COPROC[1]}
            while read -r line <&${COPROC[0]} && [ "$line" != . ]; do echo "$line"; done
        done
    """
    assert titles_of(big_mount.bash(script).stdout) == ["m000013", "m000033"]


def test_python_reads_and_writes_one_file_object(movies):
    with open(movies / ".query", "r+") as file:
        for n in (13, 33, 53):
            file.write(f"year = 2013 AND title = 'm{n:06}'\n")
            file.flush()
            assert json.loads(file.readline()) == movie(n)
            assert file.read() == ""


def test_pread_begins_at_0(movies):
    with session(movies / ".query") as fd:
        os.write(fd, b"year = 2013 AND title = 'm000013'\n")
        assert json.loads(os.pread(fd, 65536, 0)) == movie(13)


def test_nothing_at_all_asks_for_every_item(movies):
    with session(movies / ".query") as fd:
        assert ask(fd, "\n").count("\n") == LARGE


@pytest.mark.parametrize(
    "question",
    [
        "year = 2013 AND title < 'm000100'",
        "SELECT * FROM Movies WHERE year = 2013 AND title < 'm000100'",
        '{"KeyConditionExpression": "#y = :y AND title < :t", "ExpressionAttributeNames": {"#y": "year"}, '
        '"ExpressionAttributeValues": {":y": {"N": "2013"}, ":t": {"S": "m000100"}}}',
        '{"FilterExpression": "#y = :y AND title < :t", "ExpressionAttributeNames": {"#y": "year"}, '
        '"ExpressionAttributeValues": {":y": {"N": "2013"}, ":t": {"S": "m000100"}}}',
    ],
)
def test_a_question_is_a_condition_a_statement_or_a_request(movies, question):
    with session(movies / ".query") as fd:
        assert items_asked(fd, question) == [movie(n) for n in range(13, 100, YEARS)]


def test_a_question_may_come_in_pieces(movies):
    with session(movies / ".query") as fd:
        for piece in ("year = 20", "13 AND ", "title = 'm0000", "13'"):
            os.write(fd, piece.encode())
        assert titles_of(ask(fd, "\n")) == ["m000013"]


def test_what_is_not_complete_is_asked_by_the_first_read(movies):
    with session(movies / ".query") as fd:
        assert titles_of(ask(fd, "year = 2013 AND title = 'm000013'")) == ["m000013"]


def test_a_line_end_that_comes_later_belongs_to_its_question(users):
    with session(users / ".query") as fd:
        os.write(fd, b'{"FilterExpression": "age = :a", "ExpressionAttributeValues": {":a": {"N": "21"}}}')
        assert ask(fd, "\n") == '{"id":"b","age":21}\n'


def test_a_question_before_the_answer_was_read_replaces_it(movies):
    with session(movies / ".query") as fd:
        os.write(fd, b"year = 2013\n")
        assert titles_of(ask(fd, "year = 2014 AND title = 'm000014'\n")) == ["m000014"]
        os.write(fd, b"year = 2013\n")
        os.read(fd, 100)
        assert titles_of(ask(fd, "year = 2014 AND title = 'm000014'\n")) == ["m000014"]


# Offsets


def test_an_answer_is_read_again_from_its_beginning(movies):
    with session(movies / ".query") as fd:
        once = ask(fd, "year = 2013\n")
        origin = len("year = 2013\n")
        os.lseek(fd, origin, os.SEEK_SET)
        assert rest_of(fd).decode() == once
        os.lseek(fd, 0, os.SEEK_SET)
        assert rest_of(fd).decode() == once
        assert titles_of(once) == titles(13, LARGE)


def test_what_was_read_long_ago_is_not_read_again_in_its_middle(movies):
    with session(movies / ".query") as fd:
        assert len(ask(fd, "\n")) > 1 << 20
        os.lseek(fd, 100, os.SEEK_SET)
        with refused(errno.EINVAL):
            os.read(fd, 10)


def test_after_its_end_an_answer_stays_at_its_end(movies):
    with session(movies / ".query") as fd:
        ask(fd, "year = 2013\n")
        assert [os.read(fd, 100) for _ in range(3)] == [b"", b"", b""]


@pytest.mark.parametrize("size", [1, 7, 100, 5000, 1 << 20])
def test_an_answer_is_the_same_in_reads_of_any_size(movies, size):
    with session(movies / ".query") as fd:
        os.write(fd, b"year = 2013 AND title < 'm002000'\n")
        assert titles_of(rest_of(fd, size).decode()) == titles(13, 2000)


# Write, then cat


@pytest.mark.parametrize("shell", SHELLS)
def test_a_question_is_answered_to_the_next_reader(big_mount, shell):
    script = """
        echo "year = 2013 AND title = 'm000013'" > Movies/.query; cat Movies/.query
        echo "year = 2014 AND title = 'm000014'" >> Movies/.query; cat Movies/.query; cat Movies/.query
        printf %s "title = 'm000015' AND year = 2015" > Movies/.query; cat Movies/.query
    """
    assert titles_of(big_mount.run(shell, "-c", script).stdout) == ["m000013", "m000014", "m000014", "m000015"]


def test_a_kept_question_is_asked_anew_by_each_reader(users):
    save(users / ".query", "age > 24\n")
    assert read_text(users / ".query") == '{"id":"f","age":25}\n'
    os.unlink(users / "f.json")
    assert read_text(users / ".query") == ""


def test_reading_without_having_asked_is_ENODATA_with_a_hint(mount, users):
    for path in (users / ".query", mount / ".partiql"):
        with refused(errno.ENODATA):
            read_text(path)
        assert "nothing was asked" in mount.errors()
        with session(path) as fd, refused(errno.ENODATA):
            os.read(fd, 100)


def test_what_is_asked_on_a_descriptor_for_both_is_kept_for_nobody(users):
    with session(users / ".query") as fd:
        ask(fd, "age > 20\n")
    with refused(errno.ENODATA):
        read_text(users / ".query")


def test_a_refused_question_takes_the_kept_one_away(users):
    save(users / ".query", "age > 24\n")
    with refused(errno.EINVAL):
        save(users / ".query", "age >\n")
    with refused(errno.ENODATA):
        read_text(users / ".query")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_question_is_kept_for_its_user_alone(mount, users):
    for path in (mount.directory, mount.directory.parent):
        os.chmod(path, 0o755)
    mount.remount("allow_other")
    save(users / ".query", "age > 24\n")
    program = """
import errno, os, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for act in (lambda: open(sys.argv[1]).read(), lambda: open(sys.argv[1], "w").write("age > 90\\n")):
    try:
        print(act())
    except OSError as error:
        print(errno.errorcode[error.errno])
"""
    told = mount.run("/usr/bin/python3", "-c", program, users / ".query", cwd="/").stdout
    assert told == "ENODATA\n9\n"
    assert read_text(users / ".query") == '{"id":"f","age":25}\n'


# Mistakes


@pytest.mark.parametrize("shell", SHELLS)
def test_a_mistake_fails_the_write_with_a_caret(mount, users, shell):
    result = mount.run(shell, "-c", "echo 'age = = 3' > Users/.query", check=False)
    assert result.returncode != 0 and "echo" in result.stderr
    lines = mount.errors().splitlines()
    at = lines.index("age = = 3")
    assert lines[at - 1] == "line 1, column 7:" and lines[at + 1] == "      ^"
    assert "path: Users/.query" in lines[at - 3]


def test_after_a_mistake_the_next_question_is_answered(users):
    with session(users / ".query") as fd:
        with refused(errno.EINVAL):
            os.write(fd, b"age = = 3\n")
        with refused(errno.ENODATA):
            os.read(fd, 100)
        assert items_asked(fd, "age = 23") == [{"id": "d", "age": 23}]


@pytest.mark.parametrize(
    "question, told",
    [
        ("age = ", "\nage = \n"),
        ('{"FilterExpression": "age ', '\n{"FilterExpression": "age \n'),
        ("SELECT * FROM (", "wasn't well formed"),
    ],
)
def test_a_question_that_never_ends_is_EINVAL_at_close_and_in_error(mount, users, question, told):
    with refused(errno.EINVAL):
        save(users / ".query", question)
    mount.wait_for_error("path: Users/.query", told)


def test_a_question_of_another_table_is_refused(mount, users):
    mount.table("Other", "id:S")
    with session(users / ".query") as fd, refused(errno.EINVAL):
        os.write(fd, b"SELECT * FROM Other\n")


def test_a_question_has_at_most_a_megabyte(users):
    with session(users / ".query") as fd, refused(errno.EFBIG):
        for _ in range(100):
            os.write(fd, b"age = 1 OR " * 2000)


def test_a_condition_is_no_statement_for_partiql(mount, users):
    with session(mount / ".partiql") as fd, refused(errno.EINVAL):
        os.write(fd, b"age = 3\n")


# Plans


def test_EXPLAIN_shows_the_plan_as_comments_and_asks_nothing(movies):
    with session(movies / ".query") as fd:
        plan = ask(fd, "EXPLAIN year = 2013 AND info.rating > 8\n").splitlines()
        assert all(line.startswith("# ") for line in plan)
        assert any("by its key" in line for line in plan)
        assert any("info.rating > 8" in line for line in plan)
        assert any("scan of the table" in line for line in ask(fd, "explain info.rating > 8\n").splitlines())


def test_an_attribute_can_be_called_explain(users):
    save(users / "x.json", '{"explain": 3}')
    with session(users / ".query") as fd:
        assert items_asked(fd, "explain = 3") == [{"id": "x", "explain": 3}]


def test_a_mistake_after_EXPLAIN_has_its_place(mount, users):
    with session(users / ".query") as fd, refused(errno.EINVAL):
        os.write(fd, b"EXPLAIN age = = 3\n")
    assert "EXPLAIN age = = 3\n              ^\n" in mount.errors()


def test_EXPLAIN_of_a_statement_that_writes_changes_nothing(users):
    with changes(users), session(users / ".query") as fd:
        ask(fd, "EXPLAIN UPDATE Users SET n = 1 WHERE id = 'a'\n")


# Statements that write


@pytest.mark.parametrize("path", ["Users/.query", ".partiql"])
def test_a_statement_that_writes_runs_once_however_often_it_is_read(mount, users, path):
    with changes(users, modified=1), session(mount / path) as fd:
        line = ask(fd, "UPDATE Users SET age = age + 1 WHERE id = 'a' RETURNING ALL NEW *\n")
        assert json.loads(line) == {"id": "a", "age": 21}
        for offset in (0, 0, 5):
            assert os.pread(fd, 1000, offset).decode() == line[offset:]
    with changes(users, modified=1):
        save(mount / path, "UPDATE Users SET age = age + 1 WHERE id = 'a' RETURNING ALL NEW *\n")
        assert [json.loads(read_text(mount / path))["age"] for _ in range(3)] == [22] * 3


def test_a_statement_that_writes_has_done_so_when_the_write_returns(mount, users):
    assert read_text(users / "a.json")
    script = """
        echo "UPDATE Users SET n = 1 WHERE id = 'a'" > .partiql; jq .n Users/a.json
        echo "DELETE FROM Users WHERE id = 'a'" > .partiql; ls Users/a.json
    """
    result = mount.bash(script, check=False)
    assert result.stdout == "1\n" and "No such file" in result.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_a_statement_that_fails_fails_the_write(mount, users, shell):
    script = "echo \"INSERT INTO Users VALUE {'id': 'a'}\" > .partiql"
    with changes(users):
        result = mount.run(shell, "-c", script, check=False)
    assert result.returncode != 0 and "echo" in result.stderr
    assert "EEXIST DuplicateItemException" in mount.errors()


def test_statements_run_in_their_order_each_by_its_own_line(mount, users):
    script = """
        exec > .partiql
        echo "INSERT INTO Users VALUE {'id': 'z', 'n': 1}"
        echo "UPDATE Users SET n = 2 WHERE id = 'z'"
        echo "DELETE FROM Users WHERE id = 'z'"
    """
    with changes(users, inserted=1, modified=1, removed=1):
        mount.bash(script)


def test_a_statement_without_its_line_end_is_run_by_reading_and_not_by_closing(mount, users):
    statement = b"UPDATE Users SET n = 1 WHERE id = 'a'"
    with changes(users), refused(errno.EINVAL), opened(mount / ".partiql", os.O_RDWR) as fd:
        os.write(fd, statement)
    mount.wait_for_error("was not run")
    with changes(users, modified=1), session(mount / ".partiql") as fd:
        os.write(fd, statement)
        assert rest_of(fd) == b""
        os.lseek(fd, 0, os.SEEK_SET)
        assert rest_of(fd) == b""


def test_an_item_written_by_a_statement_is_read_by_partiql(mount, users):
    with session(mount / ".partiql") as fd:
        assert ask(fd, "INSERT INTO Users VALUE {'id': 'z', 'n': 1}\n") == ""
        assert ask(fd, "SELECT * FROM Users WHERE id = 'z'\n") == '{"id":"z","n":1}\n'
        assert ask(fd, "SELECT age FROM Users WHERE id = 'b'\n") == '{"age":21}\n'


# Large answers, many at once


def test_a_slow_reader_of_a_large_answer_costs_constant_memory(big_mount, movies):
    """Thirty read all of an answer of eight megabytes, and stay."""
    with session(movies / ".query") as fd:
        assert len(ask(fd, "\n")) > 8_000_000
    before = big_mount.memory()
    fds = [os.open(movies / ".query", os.O_RDWR) for _ in range(30)]
    try:
        for fd in fds:
            os.write(fd, b"attribute_exists(year)\n")
        while any([os.read(fd, 1 << 20) for fd in fds]):
            assert big_mount.memory() - before < 100 << 20
    finally:
        for fd in fds:
            os.close(fd)


def test_many_answers_that_nobody_reads_on_cost_little(big_mount, movies):
    before = big_mount.memory()
    fds = [os.open(movies / ".query", os.O_RDWR) for _ in range(200)]
    try:
        for fd in fds:
            os.write(fd, b"attribute_exists(year)\n")
            assert os.read(fd, 100)
        assert big_mount.memory() - before < 64 << 20
    finally:
        for fd in fds:
            os.close(fd)


def test_a_reader_that_takes_one_line_of_many_leaves_nothing(big_mount):
    script = 'for i in $(seq 50); do exec 3<>Movies/.query; echo >&3; head -n 1 <&3; done'
    assert len(big_mount.bash(script).stdout.splitlines()) == 50


def test_eight_scripts_at_once_never_see_each_others_answers(big_mount):
    script = """
        exec 3<>Movies/.query
        for i in 1 2 3 4 5; do
            echo "year = $1 AND title < 'm002000'" >&3
            while read -r line; do
                case $line in '{"year":'$1,*) ;; *) echo "$1: $line";; esac
            done <&3
            echo "year = $1" >&3
            wc -l <&3
        done
    """
    processes = [
        subprocess.Popen(
            [SHELLS[n % 2], "-c", script, "sh", str(2000 + n)], cwd=big_mount.path,
            stdout=subprocess.PIPE, text=True, env=big_mount.environment,
        )
        for n in range(8)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=50)
        assert output.split() == [str(LARGE // YEARS)] * 5


@pytest.fixture(scope="module")
def slow_question(movies):
    """One that looks long for what is not there, and how long in seconds."""
    question = " OR ".join(f"contains(info.plot, 'y{n}')" for n in range(100)) + "\n"
    start = time.monotonic()
    with session(movies / ".query") as fd:
        assert ask(fd, question) == ""
    return question.encode(), time.monotonic() - start


@contextlib.contextmanager
def slow_readers(path, question, count):
    """Processes that read the answer; the descriptors are ours too."""
    fds = [os.open(path, os.O_RDWR) for _ in range(count)]
    readers = []
    try:
        for fd in fds:
            os.write(fd, question)
            readers.append(subprocess.Popen(["cat"], stdin=fd, cwd="/"))
        yield readers, fds
    finally:
        for reader in readers:
            reader.kill()
            reader.wait(50)
        for fd in fds:
            os.close(fd)


def test_an_interrupted_reader_of_a_slow_answer_leaves_at_once(movies, slow_question):
    question, alone = slow_question
    with slow_readers(movies / ".query", question, 16) as (readers, _):
        start = time.monotonic()
        for reader in readers:
            reader.send_signal(signal.SIGINT)
        for reader in readers:
            reader.wait(50)
        assert time.monotonic() - start < 1 + alone


def test_slow_answers_keep_no_quick_question_waiting(movies, slow_question):
    question, alone = slow_question
    with slow_readers(movies / ".query", question, 16) as (readers, _):
        start = time.monotonic()
        with session(movies / ".query") as fd:
            assert titles_of(ask(fd, "year = 2013 AND title = 'm000013'\n")) == ["m000013"]
        assert time.monotonic() - start < 1 + alone
        assert any(reader.poll() is None for reader in readers)


def test_who_closes_a_descriptor_does_not_wait_for_its_answer(movies, slow_question):
    """Each child flushes the descriptors that it inherited and does not keep."""
    question, alone = slow_question
    start = time.monotonic()
    with slow_readers(movies / ".query", question, 16) as (readers, fds):
        for fd in fds:
            os.close(os.dup(fd))
        assert time.monotonic() - start < 2 + 2 * alone
        assert any(reader.poll() is None for reader in readers)


def test_unmounting_does_not_wait_for_an_answer(users):
    """The rest is the fixture's: a clean end, nothing leaked."""
    with session(users / ".query") as fd:
        os.write(fd, b"age > 1\n")
    with session(users / ".query", os.O_WRONLY) as fd:
        os.write(fd, b"age > ")


@pytest.mark.limit(300)
def test_ten_thousand_sessions_leave_nothing_behind(big_mount, movies):
    def descriptors():
        return len(os.listdir(f"/proc/{big_mount.process.pid}/fd"))

    def rounds(count):
        for n in range(count):
            fd = os.open(movies / ".query", os.O_RDWR)
            if n % 4 == 0:
                assert ask(fd, f"year = 2013 AND title = 'm{13 + n % 100 * YEARS:06}'\n")
            elif n % 4 == 1:
                os.write(fd, b"attribute_exists(year)\n")
                os.read(fd, 1)  # a reader that goes away
            elif n % 4 == 2:
                os.write(fd, b"year = 2013")  # a writer that never finishes
            os.close(fd)

    rounds(1000)
    memory, open_files = big_mount.memory(), descriptors()
    rounds(10000)
    assert big_mount.memory() - memory < 16 << 20
    assert descriptors() <= open_files + 2


def test_a_thousand_sessions_are_open_at_once(movies):
    fds = [os.open(movies / ".query", os.O_RDWR) for _ in range(900)]
    try:
        for n, fd in enumerate(fds):
            os.write(fd, f"year = {2000 + n % YEARS} AND title = 'm{n:06}'\n".encode())
        for n, fd in enumerate(fds):
            assert titles_of(rest_of(fd).decode()) == [f"m{n:06}"]
    finally:
        for fd in fds:
            os.close(fd)


# The table goes away


def test_a_table_that_is_dropped_ends_its_answers_with_ENOENT(mount):
    table = load(mount.table("Big", "id:S"), [{"id": str(n), "t": "x" * 1000} for n in range(2000)])
    with session(table / ".query") as fd, session(table / ".query") as other:
        os.write(fd, b"attribute_exists(id)\n")
        assert os.read(fd, 100)
        mount.bash("rm -r Big")
        with refused(errno.ENOENT):
            rest_of(fd)
        with refused(errno.ENOENT):
            os.write(other, b"id = 'a'\n")
        mount.table("Big", "id:S")
        with refused(errno.ENOENT):
            os.write(other, b"id = 'a'\n")


def test_a_question_is_not_kept_for_a_table_made_anew(mount, users):
    save(users / ".query", "age > 20\n")
    mount.bash("rm -r Users")
    table = mount.table("Users", "id:S")
    with refused(errno.ENODATA):
        read_text(table / ".query")


def test_a_table_without_a_key_has_nothing_to_ask(mount):
    (mount / "Later").mkdir()
    with refused(errno.EPERM):
        save(mount / "Later" / ".query", "a = 1\n")
    assert ".schema" in mount.errors()


# What these files are not


def test_they_are_not_removed_nor_changed(mount, users):
    for path in (users / ".query", mount / ".partiql"):
        with refused(errno.EPERM):
            os.unlink(path)
        with refused(errno.EPERM):
            os.chmod(path, 0o600)
        with refused(errno.EPERM, errno.EINVAL):
            os.truncate(path, 5)
        os.truncate(path, 0)
        assert os.stat(path).st_size == 0
        assert path.name not in os.listdir(path.parent)


def test_a_read_only_mount_takes_no_questions(mount, users):
    mount.remount("ro")
    with refused(errno.EROFS):
        os.open(users / ".query", os.O_RDWR)
