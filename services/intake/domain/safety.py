"""Safety words (palabras de peligro): a customer who writes of fire, smoke, a shock, gas, an explosion.

Screened at the door, in Spanish, Portuguese and English whatever the language of the case, because a danger
must not wait for a classifier. A missed danger is worse than a false alarm: a word counts unless it belongs
to a harmless phrase ("fire tv", "campana de humo") or is denied right before it ("no hay humo", "sem fumo").
"""

import re
import unicodedata

_HARMLESS = (
    r"fire ?(?:tv|sticks?|tablets?|os|hd|wall|fox|place|wire|alarms?|extinguishers?)",
    r"(?:smoke|gas|fire|spark) (?:alarms?|detectors?|sensors?|gr[ae]y|plugs?)",
    r"(?:campana|extractor|filtro|detector|sensor|alarma) (?:extractora )?(?:de )?"
    r"(?:humo|incendios?|gas|fuego)",
    r"(?:color|gris) humo|fuego (?:lento|grande|mediano|pequeno|izquierdo|derecho)",
    r"(?:exaustor|depurador|filtro|detec?tor|sensor|alarme) (?:de )?(?:fumo|fumaca|incendios?|gas|fogo)",
    r"(?:cor|cinzento|cinza) fum[oe]|fogo (?:lento|brando|grande|medio|pequeno)|fogo de artificio",
    r"(?:price|sticker) shock|(?:shock|explosion) (?:absorbers?|proof|resistant)",
)

_PART = (
    r"(?:enchufe|cable|placa|clavija|cargador|plastico|carcasa|tomada|cabo|ficha|fio|carregador|carcaca|"
    r"plug|cord|wire|power strip|socket|charger|plastic|casing)s?"
)
_BURNT = r"(?:burn(?:t|ed|ing)?|scorched|charred|singed)"
_DANGEROUS = (
    # fire and smoke
    r"humo|humareda|humea\w*|fuego|incendi\w+|llamaradas?|(?:en|con|salen|salieron|hay|habia|unas) llamas",
    r"ardiendo|arde|ardio|ardia|fires?|flames?|ablaze|smok(?:e|es|ed|ing)|smou?ldering|ignited",
    r"fumos?|fumaca|fumega\w*|fogo|incendeia\w*|labaredas?|(?:em|com|saem|sairam|ha|havia|umas) chamas",
    r"(?:esta|estava|ficou|comecou) (?:\w+ ){0,2}a? ?arder|ardeu|pegou fogo",
    # sparks, heat, burning
    r"chispas?|chispazos?|chisporrote\w+|corto ?circuitos?|fogonazos?",
    r"faiscas?|faisca\w*|curto ?circuitos?|centelhas?|estourou|estoirou",
    r"(?:cheir(?:o|a|ava|ou|ar|ando)) (?:\w+ ){0,2}a? ?(?:\w+ ){0,2}(?:queimad[oa]|chamuscad[oa])",
    rf"queimou(?: se)? (?:o|a|os|as|um|uma) {_PART}|{_PART} (?:\w+ ){{0,2}}queimad[oa]s?",
    r"sobreaque\w+|superaque\w+|queima ao toc\w+",
    r"spark(?:s|ed|ing)?|arcing|short circuit\w*",
    r"(?:olor|olia|huele|oliendo|oler) (?:\w+ ){0,2}a (?:\w+ ){0,2}(?:quemado|chamuscado|plastico|cable)",
    rf"chamuscad[oa]s?|carbonizad[oa]s?|se (?:ha |me ha )?quem(?:o|ado) (?:el|la|los|las|un|una) {_PART}",
    rf"derret\w+ (?:\w+ )?{_PART}|{_PART} (?:\w+ ){{0,3}}(?:derret\w+|melt\w+)|melted {_PART}",
    rf"{_BURNT} (?:\w+ ){{0,2}}(?:smell|odou?r|{_PART})|smell(?:s|ed|ing)? (?:\w+ ){{0,3}}{_BURNT}",
    r"overheat\w*|too hot to touch|sobrecalient\w+|sobrecalent\w+|quema al tocar\w*",
    # electric shock
    r"calambres?|calambrazos?|electrocut\w+|(?:descargas?|sacudidas?) electricas?",
    r"(?:da|dio|dado|pasa|paso|suelta|solto) (?:la |una )?(?:corriente|descarga)",
    r"(?:electric(?:al)?|(?:got|get|felt|gave me|gives me) an?|getting|mild|small) shocks?",
    r"(?:shocked|zapped) me",
    r"(?:levei|apanhei|leva|apanha|deu|da|dava|tomei|sinto|senti) (?:\w+ ){0,2}choques?|choques? eletricos?",
    r"eletrocut\w+|descargas? eletricas?",
    # gas and explosion
    r"(?:olor|olia|huele|oliendo|fuga|escape|pierde) (?:\w+ ){0,2}(?:a |de )?gas|monoxido|monoxide",
    r"gas (?:leak\w*|smell\w*|escap\w+)|smell(?:s|ed|ing)? (?:\w+ ){0,2}gas|leak\w* gas",
    r"explo(?:to|ta|tar|tado|tando|sion|siones|de|des|ded|ding)|revento|reventado|bl(?:ew|own?) up",
    r"(?:cheir(?:o|a|ava|ou|ar)|fuga|escape|vazamento|perde) (?:\w+ ){0,2}(?:a |de )?gas",
    r"explod(?:iu|e|ir|ido|indo|em)|explosao|explosoes|rebentou|rebentado",
    r"bateria (?:\w+ ){0,2}(?:hinchad|inflad|abombad|inchad)[oa]|inchou a bateria|bateria inchou",
    r"(?:swollen|bulging|swelling|leaking) battery|battery (?:\w+ ){0,2}(?:swollen|bulging|swelling)",
    # somebody was hurt
    r"me (?:he )?quem(?:e|ado)|se quemo (?:la mano|el dedo)|quemaduras?|herid[oa]s?|injur(?:y|ies|ed)",
    r"queimei (?:me|a mao|o dedo)|queimou (?:me|a mao|o dedo|se)|queimaduras?|ferid[oa]s?|ferimentos?",
    r"magoei me",
    r"(?:burn(?:t|ed)|hurt) (?:my|myself|him|her|our)|got (?:burn(?:t|ed)|hurt)",
)

_DENIED = re.compile(
    r"(?:\b(?:ni|sin|nunca|jamas|tampoco|no|nao|sem|nem|jamais|not|without|never|nor|neither)"
    r"|\bno (?:hay|hubo|habia|sale|salio|echa|echo|hace|hizo|me da|me dio|veo|vi|tiene|es|era|fue)"
    r"|\b(?:nao|nunca) (?:ha|houve|havia|sai|saiu|deita|deitou|faz|fez|me da|me deu|vejo|vi|tem|e|era|foi)"
    r"|\bno (?:signs?|smell|trace) of"
    r"|\b(?:is|was|does|did|has|do|have)(?:n t| not))"
    r"(?: (?:ningun|ninguna|nenhum|nenhuma|qualquer|mais|mas|any|an?|catch|caught|on|get|got|seen?))* $"
)
_REACH = 60

_harmless = re.compile(rf"\b(?:{'|'.join(_HARMLESS)})\b")
_dangerous = re.compile(rf"\b(?:{'|'.join(_DANGEROUS)})\b")


def speaks_of_danger(text: str) -> bool:
    """Whether somebody who answers for safety must read this text before anything else."""
    plain = _harmless.sub("|", _plain(text))
    return any(
        not _DENIED.search(plain[max(0, found.start() - _REACH) : found.start()])
        for found in _dangerous.finditer(plain)
    )


def _plain(text: str) -> str:
    """Small letters without accents, one space between words, `|` where a clause ends."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    clauses = re.split(r"[.,;:!?¡¿()\n\"]+", letters)
    return " | ".join(" ".join(re.findall(r"[a-z0-9]+", clause)) for clause in clauses)
