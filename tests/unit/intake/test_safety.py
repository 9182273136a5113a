"""Safety words at the door: a danger is never missed for an accent, a capital or the other language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.safety import speaks_of_danger

DANGERS = [
    "Sale humo del televisor",
    "HUMO!!!",
    "salió una llamarada del enchufe",
    "la freidora está en llamas",
    "saltan chispas cuando lo enchufo",
    "Me dio calambre al tocar la puerta",
    "me da la corriente cada vez que toco el tirador",
    "sufrí una descarga eléctrica",
    "huele a quemado",
    "huele mucho a plástico quemado",
    "olor a gas en la cocina",
    "hay una fuga de gas",
    "la batería está hinchada",
    "la olla explotó",
    "se ha quemado el enchufe",
    "el cable se ha derretido",
    "me quemé la mano con la puerta",
    "there is smoke coming out of the back",
    "It caught FIRE last night",
    "sparks fly when I plug it in",
    "a burning smell after ten minutes",
    "it smells burnt",
    "I got an electric shock",
    "I got a shock touching the case",
    "the dryer smells like gas",
    "Sai fumo da televisão",
    "FUMAÇA!!!",
    "saem labaredas da tomada",
    "a fritadeira está em chamas",
    "o forno começou a arder",
    "A máquina pegou fogo",
    "salta faísca quando ligo",
    "Levei um choque ao tocar na porta",
    "dá choque sempre que toco no puxador",
    "apanhei uma descarga elétrica",
    "cheira a queimado",
    "cheira muito a plástico queimado",
    "um cheiro estranho a queimado",
    "cheiro a gás na cozinha",
    "há uma fuga de gás",
    "a bateria está inchada",
    "a panela explodiu",
    "rebentou o vidro do forno",
    "queimou a tomada",
    "o cabo derreteu",
    "queimei a mão na porta",
    "deu um curto-circuito",
    "sobreaquece ao fim de dez minutos",
    "Não funciona e sai fumo",
    "não há faíscas mas cheira a queimado",
    "o detetor de fumo apita porque há fogo",
    "the battery is swollen",
    "the charger melted on the carpet",
    "it blew up in the kitchen",
    "my son burnt his hand... burned my arm too",
    "No funciona y sale humo",
    "no enciende, humo por detrás",
    "It does not work smoke everywhere",
    "no hay chispas pero huele a quemado",
    "my fire tv stick is on fire",
    "el detector de humo pita porque hay fuego",
]

HARMLESS = [
    "mi smart tv no abre youtube: network problem",
    "My Fire TV Stick keeps rebooting",
    "Firefox crashes on my tablet",
    "la campana extractora de humo hace ruido",
    "el fuego grande de la vitro no calienta",
    "no hay humo ni chispas, solo no enciende",
    "no huele a quemado",
    "sin humo",
    "não há fumo nem faíscas, só não liga",
    "não cheira a queimado",
    "sem fumo",
    "não deu choque",
    "o exaustor de fumo faz barulho",
    "o fogo grande da placa não aquece",
    "o gelo derreteu no congelador",
    "forno a gás: não aquece",
    "se me chamas à tarde explico",
    "não liga, nunca saiu fumo nem fogo",
    "there is no smoke, it just stopped",
    "it isn't on fire, it just will not start",
    "it never caught fire",
    "the price was a sticker shock",
    "el hielo se ha derretido en el congelador",
    "the ice cream melted",
    "si me llamas por la tarde te lo explico",
    "horno de gas: no calienta",
    "la pantalla tiene quemado un logo",
    "",
    "   ",
]


@pytest.mark.parametrize("text", DANGERS)
def test_a_danger_is_noticed(text: str) -> None:
    assert speaks_of_danger(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_raises_no_alarm(text: str) -> None:
    assert not speaks_of_danger(text)


WORDS = st.text(alphabet="bcdfglmnpqrtvwz ", max_size=40)


@given(danger=st.sampled_from(DANGERS[:12]), before=WORDS, after=WORDS)
def test_a_danger_is_noticed_among_any_other_sentences(danger: str, before: str, after: str) -> None:
    assert speaks_of_danger(f"{before}. {danger.upper()}. {after}")


@given(st.text(max_size=300))
def test_any_text_can_be_screened(text: str) -> None:
    assert speaks_of_danger(text) in (True, False)


@pytest.mark.timeout(5)
def test_the_longest_text_made_to_be_slow_is_screened_at_once() -> None:
    for piece in ("huele a a a ", "smell a ", "no hay ", "burning a ", "cable a a "):
        speaks_of_danger((piece * 8000)[:8000])
