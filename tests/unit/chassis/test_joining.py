"""How statements become one."""

from services.chassis.joining import joined


def test_a_statement_alone_stays_as_it_is() -> None:
    assert joined([("DELETE FROM a WHERE b = $1", (1,))]) == ("DELETE FROM a WHERE b = $1", (1,))


def test_every_statement_keeps_its_own_arguments() -> None:
    first = ("INSERT INTO a SELECT $2, x FROM unnest($1::int[]) AS u (x)", ([1, 2], "one"))
    second = ("INSERT INTO b VALUES ($1, $10, $1)", tuple("abcdefghij"))
    third = ("INSERT INTO c VALUES ($1)", ("last",))
    assert joined([first, second, third]) == (
        "WITH part_0 AS (INSERT INTO a SELECT $2, x FROM unnest($1::int[]) AS u (x)), "
        "part_1 AS (INSERT INTO b VALUES ($3, $12, $3)), part_2 AS (INSERT INTO c VALUES ($13)) SELECT",
        ([1, 2], "one", *"abcdefghij", "last"),
    )
