"""The transparent classifier: keywords of the languages that a text is written in, and boundary rules.

Customers write in another language than they chose, and mix several. So the words themselves say which
lexicons are read: the Portuguese "no" ("in the") is no Spanish "no", and "robô" no "robo". The same words
give the same answer, and the reasons say which rules spoke.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter

from ciclo_schemas.values import Category, Code, DecidedBy, Language, RemedyKind, Urgency
from services.routing.domain.classification import Classification, Stated
from services.routing.domain.lexicon import NEGATION_REACH, STOP, Keywords, PhraseIndex, Rule, tokens_of

CONFIDENT = 0.45
"""Below this confidence the classifier abstains."""
MIN_WORDS = 3
"""A text of fewer words that no rule knows cannot be understood."""
MAX_TOKENS = 4000
MIXED = 3
"""A language is read beside the main one when it has at least one in so many of that one's small words."""
TELLING = 2
"""With fewer small words than these nothing tells which language it is: all are read."""
FAULT_SIGNAL_WEIGHT = 2.0
TAKEN_BACK_BY_NO = (Category.TECHNICAL_FAULT, Category.REPLACEMENT_REQUEST, Category.COMPLAINT)
"""A "no" before words of these categories takes them back ("no hace ruido").

Words of the others name what it is about, and mostly what does not work or did not come ("no abre Netflix").
"""
INFORMATION_ONLY = (Category.WARRANTY_QUERY, Category.TRAINING, Category.SPAM_OR_UNCLEAR)
ASKED_FOR = {
    RemedyKind.REPLACEMENT: (Category.REPLACEMENT_REQUEST, 3.0),
    RemedyKind.REFUND: (Category.REPLACEMENT_REQUEST, 2.0),
    RemedyKind.REPAIR: (Category.TECHNICAL_FAULT, 2.0),
    RemedyKind.PRICE_REDUCTION: (Category.TECHNICAL_FAULT, 2.0),
    RemedyKind.QUOTE: (Category.TECHNICAL_FAULT, 2.0),
}
EARLY, HYPOTHETICAL, URGENT, GREETING = (
    "signal.early",
    "signal.hypothetical",
    "signal.urgent",
    "signal.greeting",
)

Scores = dict[Category, float]


class Reader:
    """Reads texts with the lexicon of one language."""

    def __init__(self, lexicon: Keywords) -> None:
        self._marks = lexicon.marks
        self._negations = frozenset(lexicon.negations)
        self._joints = frozenset(lexicon.joints) | {STOP}
        self._copulas = frozenset(lexicon.copulas)
        self._named = {rule.code for rule in lexicon.rules if rule.category not in TAKEN_BACK_BY_NO}
        signals = lexicon.signals
        rules = [(rule.phrases, rule.code) for rule in lexicon.rules]
        self._indexes = (
            PhraseIndex([*rules, (signals.greetings, GREETING)]),
            PhraseIndex(
                [(signals.early, EARLY), (signals.hypothetical, HYPOTHETICAL), (signals.urgent, URGENT)]
            ),
        )

    def evidence(self, tokens: Sequence[str]) -> int:
        """How many words of a text only this language uses."""
        return sum(token in self._marks for token in tokens)

    def find(self, tokens: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Where the rules and signals speak, and which; a negated word does not."""
        for index in self._indexes:
            for name, at in index.find(tokens):
                if not self._is_negated(tokens, at, name in self._named):
                    yield at, name

    def _is_negated(self, tokens: Sequence[str], at: int, names_a_thing: bool) -> bool:
        """Whether a "no" shortly before, in the same clause, takes back the phrase that begins here.

        A phrase that says "no" itself is not taken back by another one ("no, no enciende").
        """
        if tokens[at] in self._negations:
            return False
        for back in range(at - 1, max(at - 1 - NEGATION_REACH, -1), -1):
            if tokens[back] in self._joints:
                return False
            if tokens[back] in self._negations:
                return not names_a_thing or tokens[back + 1] in self._copulas
        return False


class KeywordClassifier:
    """Classifies by keywords. Build it once: the phrases are indexed."""

    by = DecidedBy.RULES

    def __init__(self, lexicons: Sequence[Keywords]) -> None:
        self._rules: dict[Code, Rule] = {}
        self._readers = [Reader(lexicon) for lexicon in lexicons]
        for lexicon in lexicons:
            for rule in lexicon.rules:
                first = self._rules.setdefault(rule.code, rule)
                if (first.category, first.weight) != (rule.category, rule.weight):
                    raise ValueError(f"{lexicon.language}: rule {rule.code} differs from the other language")

    def classify(self, texts: Sequence[str], stated: Stated, language: Language) -> Classification:
        """Classify all words so far together with what was stated; abstains on ties, doubt and silence."""
        tokens = tokens_of("\n".join(texts))[:MAX_TOKENS]
        found = self._find(tokens)
        scores, reasons = self._score(found, stated)
        if not scores:
            return _nothing_known(tokens, found)
        facets = _judge_boundaries(scores, found, reasons)
        ranked = sorted(scores, key=lambda category: -scores[category])
        best = ranked[0]
        confidence = _confidence(scores, best)
        tie = len(ranked) > 1 and scores[ranked[1]] == scores[best]
        return Classification(
            category=best,
            facets=facets if best is not Category.COMPLAINT else (),
            urgency=_urgency(best, found),
            confidence=confidence,
            reasons=tuple(reasons),
            abstained=tie or confidence < CONFIDENT,
        )

    def _find(self, tokens: Sequence[str]) -> dict[str, None]:
        """The rules and signals that speak, in order of appearance.

        Read with the languages the text is written in; with all of them where nothing tells.
        """
        evidence = [(reader.evidence(tokens), reader) for reader in self._readers]
        most = max(count for count, _ in evidence)
        spoken = (reader for count, reader in evidence if MIXED * count >= most or most < TELLING)
        found = [place for reader in spoken for place in reader.find(tokens)]
        found.sort(key=itemgetter(0))
        return {name: None for _, name in found}

    def _score(self, found: dict[str, None], stated: Stated) -> tuple[Scores, list[Code]]:
        scores: Scores = {}
        reasons: list[Code] = []
        for code in found:
            rule = self._rules.get(code)
            if rule is not None:
                scores[rule.category] = scores.get(rule.category, 0.0) + rule.weight
                reasons.append(code)
        if stated.symptom_code is not None:
            scores[Category.TECHNICAL_FAULT] = scores.get(Category.TECHNICAL_FAULT, 0.0) + 3.0
            reasons.append("stated.symptom_code")
        if stated.asked_for in ASKED_FOR:
            category, weight = ASKED_FOR[stated.asked_for]
            scores[category] = scores.get(category, 0.0) + weight
            reasons.append(f"stated.asked_for.{stated.asked_for.value}")
        return scores, reasons


def _judge_boundaries(scores: Scores, found: dict[str, None], reasons: list[Code]) -> tuple[Code, ...]:
    """Move evidence across the boundaries between categories, and tell so. Returns the facets.

    A question about a defect that might come is a warranty query. A defect of something just bought speaks
    for a replacement. An angry message about a broken product is about the product, with the facet complaint.
    """
    if HYPOTHETICAL in found and Category.WARRANTY_QUERY in scores:
        for category in (Category.TECHNICAL_FAULT, Category.REPLACEMENT_REQUEST):
            _move(scores, category, Category.WARRANTY_QUERY, "boundary.hypothetical", reasons)
    if EARLY in found:
        _move(
            scores,
            Category.TECHNICAL_FAULT,
            Category.REPLACEMENT_REQUEST,
            "boundary.defect_when_new",
            reasons,
        )
    if Category.REPLACEMENT_REQUEST in scores:
        _move(
            scores,
            Category.TECHNICAL_FAULT,
            Category.REPLACEMENT_REQUEST,
            "boundary.wants_a_new_one",
            reasons,
        )
    defect = max(scores.get(Category.TECHNICAL_FAULT, 0.0), scores.get(Category.REPLACEMENT_REQUEST, 0.0))
    if defect and Category.WARRANTY_QUERY in scores and HYPOTHETICAL not in found:
        scores[Category.WARRANTY_QUERY] = min(scores[Category.WARRANTY_QUERY], defect / 2)
    if Category.COMPLAINT not in scores:
        return ()
    if defect >= FAULT_SIGNAL_WEIGHT:
        scores.pop(Category.COMPLAINT)
    return ("complaint",)


def _move(scores: Scores, source: Category, target: Category, reason: Code, reasons: list[Code]) -> None:
    weight = scores.pop(source, 0.0)
    if weight:
        scores[target] = scores.get(target, 0.0) + weight
        reasons.append(reason)


def _confidence(scores: Scores, best: Category) -> float:
    """The best category's share of all evidence, the less the less evidence there is."""
    top = scores[best]
    return round(top / sum(scores.values()) * top / (top + 1), 3)


def _urgency(category: Category, found: dict[str, None]) -> Urgency:
    if URGENT in found:
        return Urgency.HIGH
    return Urgency.LOW if category in INFORMATION_ONLY else Urgency.NORMAL


def _nothing_known(tokens: Sequence[str], found: dict[str, None]) -> Classification:
    """No rule speaks: too little to understand is unclear; more of it is what we do not know."""
    words = sum(token != STOP for token in tokens)
    unclear = bool(tokens) and (words < MIN_WORDS or (GREETING in found and words < 2 * MIN_WORDS))
    return Classification(
        category=Category.SPAM_OR_UNCLEAR if unclear or not tokens else Category.CARE,
        facets=(),
        urgency=Urgency.HIGH if URGENT in found else Urgency.NORMAL,
        confidence=0.6 if unclear else 0.0,
        reasons=("unclear.too_short",) if unclear else ("no_evidence",),
        abstained=not unclear,
    )
