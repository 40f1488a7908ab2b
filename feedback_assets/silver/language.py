"""Which language a text is in: a classifier, corrected by telltale words where texts are short.

Only languages feedback comes in are considered; a text too short to tell is `und`.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import math
import re
from functools import lru_cache

from feedback_assets.text import tokens

UNDECIDED = "und"
# Languages of the shop's markets and those reviews on the app stores are commonly written in.
LANGUAGES = (
    "ar", "bn", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "mr",
    "nl", "no", "pl", "pt", "ro", "ru", "sv", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
# Words that stand in nearly every text of their language and in few others; `hi` is Hindi in Latin letters.
_TELLTALE = {
    "en": "the and is not was this it my for with have but you very good bad what they from are when all does doesn don can cannot working work app nice best great love to of in i too small fix please pls never no total worst after order delivery problem video movie quality after update open super",
    "de": "der die das und ist nicht ich es mit ein eine zu auf war sehr gut aber auch den dem wird nur nach bei noch habe keine kein mir mich immer wurde schlecht leider funktioniert",
    "es": "el la los las y es no que de en con una muy pero por para mi me ha llego mal bien esta lo se un al del nunca todo producto pedido malo bueno excelente gracias funciona",
    "fr": "le la les et est pas je que de un une avec pour mais tres dans ce sur mon ma j ai n c ne des du bien recu jamais produit commande qui plus mauvais bon merci",
    "pt": "o os as e nao que de um uma com para muito mas meu minha foi no na do da em recebi produto veio chegou ainda bom boa ate eu voces pedido entrega otimo gostei recomendo ruim",
    "hi": "hai nahi nhi hain kar karo karte karta karke ka ki ke ko bahut bohot bhi mein mera meri mere kya kyu kyun kyon ye yeh wo woh aur accha acha achha achcha bhai yaar se ho hota hoti hote hua hui raha rahi rahe nahin "
    "sab koi kuch ek bakwas bekar mast ghatiya badhiya kr rha pe par ab abhi tha thi gaya gayi gaye jata jati jate aata aati aate aaya aa liye liya diya diye dete kiya kiye wala wali wale kaam saman samaan paisa paise "
    "toot kharab aap apne apna phir fir bina baar din jaise jaisa itna itni bas lagta laga sirf saath baad pehle jab tak dikha dikhata chal chalta mila mile milta nikla chahiye mat kabhi hi",
}  # fmt: skip
_TELLTALES = {language: frozenset(words.split()) for language, words in _TELLTALE.items()}
_LETTERS = re.compile(r"[^\W\d_]")
_PLACEHOLDERS = re.compile(r"<[A-Z]+>|https?://\S+|@\w+|#\w+")
# Without any sign feedback is in one of the markets' languages.
_FLOOR = 0.01
# Below even chances a guess misleads more than "cannot tell".
_LEAST_CONFIDENCE = 0.5
# Weight of one telltale word against the classifier's log-probability: three words outweigh a doubtful guess.
_WORD_WEIGHT = 1.3
# The first words tell enough; beyond them the classifier is right by itself.
_SHORT_WORDS = 25
_NEEDED_WORDS, _NEEDED_LETTERS = 2, 6
_SCRIPTS = re.compile("[\u0370-\u1fff\u2e80-\ud7ff]")


@lru_cache(maxsize=100_000)
def detect(text: str) -> tuple[str, float]:
    """The language as an ISO 639-1 code and how sure that is, 0 to 1.

    `und` with 0.0 for a text of fewer than two words or six letters, unless its script or a telltale word says.
    """
    plain = _PLACEHOLDERS.sub(" ", text)
    words = tokens(plain)
    letters = len(_LETTERS.findall(plain))
    if not letters or ((len(words) < _NEEDED_WORDS or letters < _NEEDED_LETTERS) and not _SCRIPTS.search(plain)):
        return UNDECIDED, 0.0
    short = words[:_SHORT_WORDS]
    logs = {code: math.log(max(value, 1e-6)) for code, value in _ranked(plain[:2000])}
    for code, known in _TELLTALES.items():
        logs[code] = max(logs[code], math.log(_FLOOR)) + _WORD_WEIGHT * sum(word in known for word in short)
    return _best(logs)


def _best(logs: dict[str, float]) -> tuple[str, float]:
    top = max(logs.values())
    weights = {code: math.exp(value - top) for code, value in logs.items()}
    code = max(sorted(weights), key=lambda name: weights[name])
    confidence = weights[code] / sum(weights.values())
    return (code, round(confidence, 4)) if confidence >= _LEAST_CONFIDENCE else (UNDECIDED, 0.0)


def _ranked(text: str) -> list[tuple[str, float]]:
    return _identifier().rank(text)


@lru_cache(maxsize=1)
def _identifier():  # noqa: ANN202 - py3langid is not typed
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
