"""How much personal data is replaced in whole, and how much else is: over generated values in generated sentences.

python -m benchmarks.personal_data [--seed 1] [--show 3]

Every valid kind of number of every country is drawn, so that no shape is chosen to suit the recognisers. A value is
replaced when the sentence around it stays and nothing of the value does. What is no personal value counts as lost
when anything of it is replaced, whatever by: an order number replaced as a telephone number is still anonymous.
"""

# ruff: noqa: E501 - tables of sentences and shapes read worse when broken
from __future__ import annotations

import argparse
import inspect
import random
import re
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from feedback_assets.silver.redact import Redactor

# The countries of the languages that are redacted, by the language a customer there writes.
LANGUAGE_OF = {
    "GB": "en", "US": "en", "IE": "en", "CA": "en", "AU": "en", "IN": "en", "DE": "de", "AT": "de", "CH": "de", "FR": "fr", "BE": "fr",
    "ES": "es", "MX": "es", "AR": "es", "PT": "pt", "BR": "pt",
}  # fmt: skip
SENTENCES = {
    "en": ("Please call me back on {} because the parcel never came.", "The lamp broke after two days, my number is {} and nobody answers.", "You can find it under {} in your own system, thank you."),
    "de": ("Bitte rufen Sie mich zurück unter {} weil das Paket nie ankam.", "Die Lampe ist kaputt, meine Nummer ist {} und niemand meldet sich.", "Sie finden das unter {} in Ihrem eigenen System, danke."),
    "fr": ("Merci de me rappeler au {} car le colis n'est jamais arrivé.", "La lampe est cassée, mon numéro est le {} et personne ne répond.", "Vous trouverez cela sous {} dans votre système, merci."),
    "es": ("Por favor llámenme al {} porque el paquete nunca llegó.", "La lámpara está rota, mi número es el {} y nadie contesta.", "Lo encontrarán con {} en su propio sistema, gracias."),
    "pt": ("Por favor me liguem no {} porque a encomenda nunca chegou.", "A lâmpada quebrou, meu número é {} e ninguém responde.", "Vocês encontram isso com {} no seu próprio sistema, obrigado."),
}  # fmt: skip
_PLACEHOLDER = re.compile(r"<[A-Z]+>(?:[ ,/-]{0,2}<[A-Z]+>)*")
# Card schemes: leading digits and length, as the schemes publish them.
_CARDS = {
    "Visa": (("4",), 16), "Visa 13": (("4",), 13), "Visa 19": (("4",), 19), "Mastercard": (("51", "52", "53", "54", "55", "2221", "2500", "2720"), 16),
    "American Express": (("34", "37"), 15), "Diners": (("300", "305", "36", "38"), 14), "Discover": (("6011", "644", "65"), 16),
    "JCB": (("3528", "3589"), 16), "Maestro": (("5018", "5020", "5038", "6304", "6759", "6761", "6763"), 16), "UnionPay": (("62",), 19),
    "Elo": (("636368", "506699"), 16), "Mir": (("2200", "2204"), 16), "RuPay": (("6521", "8171"), 16),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A sentence, the value in it, and what its writer is known to be."""

    group: str
    text: str
    value: str
    region: str | None


def phones(rng: random.Random) -> Iterator[Case]:
    """Valid numbers of every country and type, in the ways they are written."""
    kinds = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]
    # Short codes of voice boxes and emergency lines are nobody's.
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        numbers = {str(n): n for kind in kinds if (n := phonenumbers.example_number_for_type(region, kind)) is not None}
        for _, number in sorted(numbers.items()):
            national = len(str(number.national_number))
            if national < 7 or phonenumbers.region_code_for_number(number) != region:
                continue
            ours = region in LANGUAGE_OF
            for form, value in _phone_forms(rng, number):
                sentence = rng.choice(SENTENCES[LANGUAGE_OF.get(region, "en")])
                where = "our countries" if ours else "other countries"
                yield Case(f"phone, {form}, {where}, region told", sentence.format(value), value, region)
                if ours or form in ("international", "E.164"):
                    yield Case(f"phone, {form}, {where}, region not told", sentence.format(value), value, None)


def more_phones(rng: random.Random) -> Iterator[Case]:
    """Valid numbers of our countries drawn at random, not only the example of each type."""
    for region, language in LANGUAGE_OF.items():
        examples = [phonenumbers.example_number_for_type(region, kind) for kind in (0, 1, 2)]
        for _ in range(150):
            number = _random_number(rng, region, rng.choice([e for e in examples if e is not None]))
            if number is None:
                continue
            for form, value in _phone_forms(rng, number):
                sentence = rng.choice(SENTENCES[language])
                yield Case(f"phone, {form}, drawn at random, region told", sentence.format(value), value, region)
                yield Case(f"phone, {form}, drawn at random, region not told", sentence.format(value), value, None)


def _random_number(
    rng: random.Random, region: str, example: phonenumbers.PhoneNumber
) -> phonenumbers.PhoneNumber | None:
    plain = str(example.national_number)
    for _ in range(20):
        digits = plain[:3] + "".join(rng.choice(string.digits) for _ in plain[3:])
        number = phonenumbers.parse(digits, region)
        if phonenumbers.is_valid_number(number):
            return number
    return None


def _phone_forms(rng: random.Random, number: phonenumbers.PhoneNumber) -> Iterator[tuple[str, str]]:
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    yield "national", national
    yield "international", international
    yield "E.164", phonenumbers.format_number(number, PhoneNumberFormat.E164)
    yield "loose", re.sub(r"(?<=\d)\D{1,2}(?=\d)", lambda _: rng.choice((" ", ".", "-", "/", "")), national)
    yield "00 or unspaced", rng.choice((f"00{international[1:]}", re.sub(r"\s", "", national)))


def ibans(rng: random.Random) -> Iterator[Case]:
    """Valid accounts of every country in the register, in their groups, without, and wrongly spaced."""
    for country, structure in _iban_structures():
        for _ in range(8):
            account = "".join(_drawn(rng, int(n), kind) for n, kind in re.findall(r"(\d+)!([nac])", structure))
            plain = f"{country}{_iban_check(country, account)}{account}"
            groups = " ".join(plain[n : n + 4] for n in range(0, len(plain), 4))
            at = rng.randrange(5, len(plain) - 3)
            forms = {
                "in groups": groups, "in one piece": plain, "with hyphens": groups.replace(" ", "-"), "small letters": groups.lower(),
                "wrongly spaced": f"{plain[:at]} {plain[at:]}", "in other groups": " ".join(plain[n : n + 5] for n in range(0, len(plain), 5)),
            }  # fmt: skip
            for form, value in forms.items():
                sentence = rng.choice(SENTENCES[rng.choice(list(SENTENCES))])
                yield Case(f"IBAN, {form}", sentence.format(value), value, None)


def cards(rng: random.Random) -> Iterator[Case]:
    """Valid cards of every scheme, in their groups, without, and wrongly spaced."""
    for scheme, (starts, length) in _CARDS.items():
        for _ in range(40):
            plain = _luhn_closed(rng, rng.choice(starts), length)
            cuts = (4, 10) if length in (14, 15) else tuple(range(4, length, 4))
            groups = [plain[a:b] for a, b in zip((0, *cuts), (*cuts, length), strict=True)]
            at = rng.randrange(3, length - 3)
            forms = {
                "in groups": " ".join(groups), "in one piece": plain, "with hyphens": "-".join(groups), "with dots": ".".join(groups),
                "wrongly spaced": f"{plain[:at]} {plain[at:]}",
            }  # fmt: skip
            for form, value in forms.items():
                sentence = rng.choice(SENTENCES[rng.choice(list(SENTENCES))])
                yield Case(f"card, {form}", sentence.format(value), value, None)
                if form == "in groups":
                    yield Case(f"card, scheme {scheme}", sentence.format(value), value, None)


def national_ids(rng: random.Random) -> Iterator[Case]:
    """Valid ids of the countries of our languages, alone and after their name."""
    for name, plain, form, region in _ids(rng):
        language = LANGUAGE_OF[region]
        yield Case(f"id, {name}, alone", rng.choice(SENTENCES[language][2:]).format(form), form, region)
        yield Case(f"id, {name}, named", f"{name} {plain} " + SENTENCES[language][0].format("…"), plain, region)


def _ids(rng: random.Random) -> Iterator[tuple[str, str, str, str]]:
    """Name, plain form, usual form, region."""
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    for _ in range(60):
        number = rng.randrange(10**7, 10**8)
        dni = f"{number}{letters[number % 23]}"
        yield "DNI", dni, f"{dni[:-1]}-{dni[-1]}", "ES"
        nie = rng.randrange(10**6, 10**7)
        first = rng.randrange(3)
        yield "NIE", *([f"{'XYZ'[first]}{nie}{letters[int(f'{first}{nie}') % 23]}"] * 2), "ES"
        cpf = _cpf(rng)
        yield "CPF", cpf, f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}", "BR"
        cnpj = _cnpj(rng)
        yield "CNPJ", cnpj, f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}", "BR"
        nif = _nif(rng)
        yield "NIF", nif, nif, "PT"
        nir = _nir(rng)
        yield "NIR", nir, f"{nir[0]} {nir[1:3]} {nir[3:5]} {nir[5:7]} {nir[7:10]} {nir[10:13]} {nir[13:]}", "FR"
        idnr = _idnr(rng)
        yield "Steuer-ID", idnr, f"{idnr[:2]} {idnr[2:5]} {idnr[5:8]} {idnr[8:]}", "DE"
        nino = f"{rng.choice('ABCEGHJKLMNPRSTWXYZ')}{rng.choice('ABCEGHJKLMNPRSTWXYZ')}{rng.randrange(10**6):06d}{rng.choice('ABCD')}"
        if nino[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
            yield "NINO", nino, f"{nino[:2]} {nino[2:4]} {nino[4:6]} {nino[6:8]} {nino[8]}", "GB"
        ssn = f"{rng.randrange(1, 665):03d}{rng.randrange(1, 99):02d}{rng.randrange(1, 9999):04d}"
        yield "SSN", ssn, f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}", "US"
        aadhaar = _aadhaar(rng)
        yield "Aadhaar", aadhaar, f"{aadhaar[:4]} {aadhaar[4:8]} {aadhaar[8:]}", "IN"
        pan = "".join(rng.choice(string.ascii_uppercase) for _ in range(3)) + rng.choice("PCHABGJLFT")
        pan += f"{rng.choice(string.ascii_uppercase)}{rng.randrange(1, 10**4):04d}{rng.choice(string.ascii_uppercase)}"
        yield "PAN", pan, pan, "IN"


def others(rng: random.Random) -> Iterator[Case]:
    """What customers also write in digits and is nobody's; `value` is what must stay."""
    makers: dict[str, Callable[[], str]] = {
        "ISO date and time": lambda: f"{_day(rng)} {rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}",
        "ISO date": lambda: str(_day(rng)),
        "ISO time of the net": lambda: f"{_day(rng)}T{rng.randrange(24):02d}:{rng.randrange(60):02d}Z",
        "local date": lambda: _day(rng).strftime(rng.choice(("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%y"))),
        "local date and time": lambda: _day(rng).strftime(rng.choice(("%d.%m.%Y %H:%M", "%d/%m/%Y, 14:05", "%m/%d/%Y 9:30", "%d.%m.%Y um 18 Uhr"))),
        "span of dates": lambda: f"{(first := _day(rng)).strftime('%d.%m.%Y')} - {(first + timedelta(days=9)).strftime('%d.%m.%Y')}",
        "span of years": lambda: rng.choice(("{}-{}", "{} - {}", "{}/{}")).format(rng.randrange(1990, 2010), rng.randrange(2010, 2026)),
        "price": lambda: rng.choice(("{:,.2f} €", "${:,.2f}", "£{:,.2f}", "EUR {:,.2f}")).format(rng.uniform(1, 99_999)),
        "price of the continent": lambda: f"{rng.uniform(1000, 99_999):,.2f}".translate(str.maketrans(",.", ".,")) + " EUR",
        "whole price": lambda: rng.choice(("{} EUR", "€{}", "R$ {}", "Rs. {}")).format(rng.randrange(1000, 2_000_000)),
        "EAN": lambda: _ean(rng),
        "app version": lambda: "version " + ".".join(str(rng.randrange(30)) for _ in range(rng.choice((3, 4)))),
        "sizes": lambda: f"{rng.randrange(40, 300)}x{rng.randrange(40, 300)}x{rng.randrange(40, 300)} cm",
        "counts": lambda: f"{rng.randrange(10_000, 9_000_000):,} downloads",
        "model": lambda: f"{rng.choice(('WH', 'XR', 'SM', 'KD'))}-{rng.randrange(1000, 9999)}{rng.choice(('XM4', 'B', '/DS', ''))}",
    }  # fmt: skip
    for name, make in makers.items():
        yield from _negatives(rng, f"kept, {name}", make)


def numbers_of_things(rng: random.Random) -> Iterator[Case]:
    """Numbers of orders, parcels and articles without a word that says so: better kept, and no harm when replaced."""
    makers: dict[str, Callable[[], str]] = {
        "order of 6 digits": lambda: f"{rng.randrange(10**5, 10**6)}",
        "order of 7 digits": lambda: f"{rng.randrange(10**6, 10**7)}",
        "order of 8 digits": lambda: f"{rng.randrange(10**7, 10**8)}",
        "order of 10 digits": lambda: f"{rng.randrange(10**9, 10**10)}",
        "order of letters and digits": lambda: f"{rng.choice(string.ascii_uppercase)}{rng.choice(string.ascii_uppercase)}{rng.randrange(10**6, 10**7)}",
        "order in groups": lambda: f"{rng.randrange(100, 1000)}-{rng.randrange(10**6, 10**7)}-{rng.randrange(10**6, 10**7)}",
        "order of year and count": lambda: f"2024-{rng.randrange(10**5):05d}",
        "article": lambda: f"{rng.randrange(100, 1000)}.{rng.randrange(100, 1000)}.{rng.randrange(10, 100)}",
        "article in hyphens": lambda: f"{rng.randrange(10**3, 10**4)}-{rng.randrange(100, 1000)}-{rng.randrange(10, 100)}",
        "parcel of UPS": lambda: "1Z" + "".join(rng.choice(string.ascii_uppercase + string.digits) for _ in range(16)),
        "parcel of the post": lambda: f"{rng.choice('RLC')}{rng.choice(string.ascii_uppercase)}{rng.randrange(10**8, 10**9)}DE",
        "parcel of 12 digits": lambda: f"{rng.randrange(10**11, 10**12)}",
        "parcel of 20 digits": lambda: f"00{rng.randrange(10**17, 10**18)}",
        "card with a wrong check": lambda: _spoilt(rng, _luhn_closed(rng, "4", 16)),
        "IBAN with a wrong check": lambda: _spoilt(rng, f"SE{_iban_check('SE', account := _drawn(rng, 20, 'n'))}{account}"),
    }  # fmt: skip
    for name, make in makers.items():
        yield from _negatives(rng, f"thing, {name}", make)


def _negatives(rng: random.Random, group: str, make: Callable[[], str]) -> Iterator[Case]:
    for _ in range(200):
        region, language = rng.choice(list(LANGUAGE_OF.items()))
        value = make()
        sentences = {
            "en": "It says {} on the page and that is wrong.", "de": "Auf der Seite steht {} und das ist falsch.", "fr": "La page indique {} et c'est faux.",
            "es": "La página pone {} y eso está mal.", "pt": "A página mostra {} e isso está errado.",
        }  # fmt: skip
        yield Case(group, sentences[language].format(value), value, region)


def _iban_structures() -> list[tuple[str, str]]:
    from stdnum import numdb

    database = numdb.get("iban")
    found = [(country, database.info(country)[0][1].get("bban")) for country in _pairs_of_letters()]
    return [(country, structure) for country, structure in found if structure]


def _pairs_of_letters() -> Iterator[str]:
    for first in string.ascii_uppercase:
        yield from (first + second for second in string.ascii_uppercase)


def _drawn(rng: random.Random, length: int, kind: str) -> str:
    signs = {"n": string.digits, "a": string.ascii_uppercase, "c": string.ascii_uppercase + 4 * string.digits}[kind]
    return "".join(rng.choice(signs) for _ in range(length))


def _iban_check(country: str, account: str) -> str:
    return f"{98 - int(''.join(str(int(sign, 36)) for sign in f'{account}{country}00')) % 97:02d}"


def _luhn_closed(rng: random.Random, start: str, length: int) -> str:
    body = start + "".join(rng.choice(string.digits) for _ in range(length - 1 - len(start)))
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def _spoilt(rng: random.Random, value: str) -> str:
    """One digit other than it was."""
    at = rng.randrange(6, len(value))
    return f"{value[:at]}{(int(value[at]) + rng.randrange(1, 9)) % 10}{value[at + 1 :]}"


def _weighted(digits: str, weights: range | list[int]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True))


def _cpf(rng: random.Random) -> str:
    plain = f"{rng.randrange(10**9):09d}"
    for weights in (range(10, 1, -1), range(11, 1, -1)):
        plain += str(_weighted(plain, weights) * 10 % 11 % 10)
    return plain


def _cnpj(rng: random.Random) -> str:
    plain = f"{rng.randrange(10**8):08d}0001"
    for weights in ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]):
        rest = _weighted(plain, weights) % 11
        plain += str(0 if rest < 2 else 11 - rest)
    return plain


def _nif(rng: random.Random) -> str:
    plain = rng.choice("123") + f"{rng.randrange(10**7):07d}"
    rest = _weighted(plain, range(9, 1, -1)) % 11
    return f"{plain}{0 if rest < 2 else 11 - rest}"


def _nir(rng: random.Random) -> str:
    plain = f"{rng.choice('12')}{rng.randrange(100):02d}{rng.randrange(1, 13):02d}{rng.randrange(1, 96):02d}"
    plain += f"{rng.randrange(1, 990):03d}{rng.randrange(1, 999):03d}"
    # Corsica's 20 is written as 2A and 2B.
    plain = plain if plain[5:7] != "20" else plain[:5] + "21" + plain[7:]
    return f"{plain}{97 - int(plain) % 97:02d}"


def _idnr(rng: random.Random) -> str:
    """Of ten digits one stands twice, one not at all."""
    digits = rng.sample(string.digits, 9)
    digits.append(rng.choice(digits))
    rng.shuffle(digits)
    if digits[0] == "0":
        digits[0], digits[1] = digits[1], digits[0]
    if digits[0] == "0":
        return _idnr(rng)
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(digits) + str((11 - product) % 10)


def _aadhaar(rng: random.Random) -> str:
    from stdnum import verhoeff

    plain = rng.choice("23456789") + f"{rng.randrange(10**10):010d}"
    return f"{plain}{verhoeff.calc_check_digit(plain)}"


def _day(rng: random.Random) -> date:
    return date(2015, 1, 1) + timedelta(days=rng.randrange(4000))


def _ean(rng: random.Random) -> str:
    plain = rng.choice(("400", "500", "301", "841", "789")) + f"{rng.randrange(10**9):09d}"
    return f"{plain}{-sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(plain)) % 10}"


def measure(cases: Iterator[Case], show: int) -> None:
    """Print of each group how many there are, replaced in whole, with something left, and as which kinds."""
    redactor = Redactor()
    by_region = "region" in inspect.signature(redactor.redact).parameters
    counts: Counter[tuple[str, str]] = Counter()
    kinds: dict[str, Counter[str]] = {}
    shown: Counter[str] = Counter()
    for case in cases:
        redacted = redactor.redact(case.text, **({"region": case.region} if by_region else {}))
        before, _, after = case.text.partition(case.value)
        middle = redacted.text.removeprefix(before).removesuffix(after)
        whole = _PLACEHOLDER.fullmatch(middle) is not None
        outcome = "whole" if whole else "kept" if redacted.text == case.text else "part"
        counts[case.group, outcome] += 1
        kinds.setdefault(case.group, Counter()).update(redacted.kinds[:1])
        wrong = outcome != "kept" if case.group.startswith(("kept", "thing")) else outcome != "whole"
        if wrong and shown[case.group] < show:
            shown[case.group] += 1
            print(f"    {case.group}: {case.text} -> {redacted.text} ({case.region})")
    for group in kinds:
        whole, part, kept = (counts[group, outcome] for outcome in ("whole", "part", "kept"))
        total = whole + part + kept
        named = ", ".join(f"{kind} {number}" for kind, number in kinds[group].most_common(3))
        print(f"| {group} | {total} | {whole / total:.2%} | {part / total:.2%} | {kept / total:.2%} | {named} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    print("| group | values | replaced in whole | in part | kept | as |\n|---|---|---|---|---|---|")
    for make in (phones, more_phones, ibans, cards, national_ids, others, numbers_of_things):
        if arguments.only in make.__name__:
            measure(make(random.Random(f"{arguments.seed}/{make.__name__}")), arguments.show)


if __name__ == "__main__":
    main()
