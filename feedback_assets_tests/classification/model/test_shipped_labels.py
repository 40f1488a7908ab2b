"""What the model that comes with the program says of texts that it was not made for; nothing is tuned on them."""

from __future__ import annotations

import pytest

from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.loader import load_classifier
from feedback_assets.classification.model.local_answer import LocalAnswer
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.config.settings import Settings
from feedback_assets_tests.classification.not_feedback import foreign_texts
from feedback_assets_tests.classification.standins import PROMPTS

QUIET = ("no_issue", "other")
PRAISE = {
    "en": (
        "Delivery was quick, the parcel was here a day early",
        "The app is easy to use and never crashed",
        "Refund came within two days, very friendly staff",
        "The zip runs smoothly and the size fits perfectly",
    ),
    "de": (
        "Die Lieferung war schnell, das Paket kam einen Tag früher",
        "Die App läuft flüssig und ist leicht zu bedienen",
        "Geld war nach zwei Tagen zurück, sehr netter Service",
        "Der Reißverschluss läuft leicht und die Größe passt perfekt",
    ),
    "fr": (
        "Livraison rapide, le colis est arrivé un jour plus tôt",
        "L'application est simple et ne plante jamais",
        "Remboursement reçu en deux jours, équipe très aimable",
        "La taille est parfaite et la fermeture glisse bien",
    ),
    "es": (
        "El envío fue rápido, el paquete llegó un día antes",
        "La aplicación es fácil de usar y nunca falla",
        "El reembolso llegó en dos días, personal muy amable",
        "La talla queda perfecta y la cremallera corre bien",
    ),
    "pt": (
        "A entrega foi rápida, o pacote chegou um dia antes",
        "O aplicativo é fácil de usar e nunca trava",
        "O reembolso chegou em dois dias, equipe muito simpática",
        "O tamanho ficou perfeito e o zíper corre bem",
    ),
}
MIXED = [
    ("en", "great picture, but the app freezes", "app_usability"),
    ("en", "Nice people on the phone, but my parcel never came", "delivery"),
    ("en", "The sound is brilliant but the battery dies after an hour", "defect"),
    ("en", "Beautiful shoes, but they are two sizes too small", "sizing_fit"),
    ("en", "Love the colours. The app crashes whenever I open the basket.", "app_usability"),
    ("de", "Schöne Farben, aber die App stürzt dauernd ab", "app_usability"),
    ("de", "Toller Klang, aber der Akku ist nach einer Stunde leer", "defect"),
    ("fr", "Très jolie robe, mais la fermeture a cassé le premier jour", "defect"),
    ("es", "Preciosos zapatos, pero me quedan dos tallas pequeños", "sizing_fit"),
    ("pt", "Lindo vestido, mas o zíper quebrou no primeiro dia", "defect"),
]
# Words of no language and of no list.
UNKNOWN = ("blorf", "Zorbl", "vribbeln", "qwopt xanth", "Snurfle!")
EMPTY = ("NA", "N/A", "na", "n.a.", "nan", "NaN", "null", "none", "-", "--", "...", "?", "", "<NAME>")
MAIL = (
    "Conversation with <NAME>",
    "Call from <NAME>",
    "Call from",
    "Chat with <NAME>",
    "Re: ",
    "Fwd:",
    "Sent from my iPhone",
    "Hello <NAME>,",
)


def _answer(model: LocalModel, text: str, language: str = "en", stars: float | None = None) -> LocalAnswer:
    (answer,) = model.answer([text], [language], [stars])
    return answer


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return load_classifier(Settings(home=tmp_path_factory.mktemp("home"), prompts=PROMPTS))


@pytest.mark.xfail(strict=True, reason="21 of 300 do: most are complaints about trains and hospitals, and sayings")
def test_of_texts_that_are_no_feedback_at_most_five_in_a_hundred_get_a_topic_that_nobody_looks_at(
    classifier: Classifier,
) -> None:
    texts = foreign_texts()
    answers = classifier.local.answer([text.text for text in texts], [text.language for text in texts])
    unseen = [
        (text.language, text.field, answer.category, text.text)
        for text, answer in zip(texts, answers, strict=True)
        if answer.category not in QUIET
        and answer.confidence >= classifier.bands.automatic_for(answer.category, text.language)[0]
    ]
    assert len(unseen) <= 0.05 * len(texts), "\n".join(map(str, unseen))


@pytest.mark.parametrize(("language", "text", "category"), MIXED)
def test_praise_with_a_complaint_is_that_one_complaint(
    shipped_model: LocalModel, language: str, text: str, category: str
) -> None:
    answer = _answer(shipped_model, text, language)
    assert answer.category == category and answer.sentiment in ("mixed", "negative")
    assert not [issue for issue in answer.secondary if issue.category not in QUIET]
    assert shipped_model.quote(text, category) in text


@pytest.mark.parametrize(
    "language",
    [
        pytest.param(
            language,
            marks=[pytest.mark.xfail(strict=True, reason="'ne plante jamais' is a complaint")]
            if language == "fr"
            else [],
        )
        for language in PRAISE
    ],
)
def test_praise_of_a_topic_with_five_stars_is_no_issue_and_not_negative(
    shipped_model: LocalModel, language: str
) -> None:
    texts = PRAISE[language]
    answers = shipped_model.answer(texts, [language] * len(texts), [5.0] * len(texts))
    assert [answer.category for answer in answers] == ["no_issue"] * len(texts)
    assert {answer.sentiment for answer in answers} == {"positive"}


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_word_nobody_knows_says_nothing_and_the_stars_say_all(shipped_model: LocalModel, text: str) -> None:
    alone = _answer(shipped_model, text)
    assert alone.category == "no_issue" and alone.sentiment in (None, "neutral")
    assert abs(alone.sentiment_score or 0) < 0.25
    assert _answer(shipped_model, text, stars=5.0).sentiment == "positive"
    assert _answer(shipped_model, text, stars=1.0).sentiment != "positive"


def test_a_word_of_the_lists_that_no_example_had_is_not_negative(shipped_model: LocalModel) -> None:
    goated = _answer(shipped_model, "Goated")
    assert goated.category == "no_issue" and (goated.sentiment_score or 0) >= 0
    assert _answer(shipped_model, "Goated", stars=5.0).sentiment == "positive"


def test_no_issue_with_five_stars_is_never_negative(shipped_model: LocalModel) -> None:
    texts = [text.text for text in foreign_texts()]
    texts += [text for told in PRAISE.values() for text in told] + [text for _, text, _ in MIXED] + [*UNKNOWN, *EMPTY]
    answers = shipped_model.answer(texts, None, [5.0] * len(texts))
    praise = [answer for answer in answers if answer.category == "no_issue"]
    assert len(praise) > 150
    assert not [answer for answer in praise if answer.sentiment == "negative" or (answer.sentiment_score or 0) < 0]


@pytest.mark.parametrize("text", [*EMPTY, *MAIL])
@pytest.mark.parametrize("stars", [None, 4.0, 5.0])
def test_what_says_nothing_is_nobodys_complaint(shipped_model: LocalModel, text: str, stars: float | None) -> None:
    answer = _answer(shipped_model, text, stars=stars)
    assert answer.category == "no_issue" and answer.sentiment != "negative"


def test_a_text_out_of_the_field_says_why_it_has_no_topic(shipped_model: LocalModel) -> None:
    answer = _answer(shipped_model, "qwopt xanth")
    assert answer.category in QUIET and answer.doubt is not None and "unlike feedback on this field" in answer.doubt


def test_nothing_is_known_of_praise_by_the_order_in_which_texts_are_asked(shipped_model: LocalModel) -> None:
    texts = [text for _, text, _ in MIXED]
    together = [answer.confidence for answer in shipped_model.answer(texts)]
    assert together == pytest.approx([_answer(shipped_model, text, "und").confidence for text in texts])
