"""Customers and their personal values: names, phones, addresses, cards, IBANs in the forms of their countries.

Every value is invented and random enough that finding it anywhere is a leak; nothing is written here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from feedback_assets.demo.vocabulary import LANGUAGES
from feedback_assets.text import fold

# Share of customers by region: 55 % English, then German, Spanish, French, Portuguese.
REGIONS: dict[str, tuple[str, float]] = {
    "GB": ("en", 0.28), "US": ("en", 0.22), "IE": ("en", 0.05), "DE": ("de", 0.10), "AT": ("de", 0.04),
    "ES": ("es", 0.08), "MX": ("es", 0.03), "FR": ("fr", 0.08), "BE": ("fr", 0.03), "PT": ("pt", 0.04),
    "BR": ("pt", 0.05),
}  # fmt: skip
FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "en": ("Rosalind", "Dexter", "Imogen", "Barnaby", "Tamsin", "Lachlan", "Winifred", "Rupert", "Odette", "Cormac"),
    "de": ("Friederike", "Thorben", "Annegret", "Hinnerk", "Swantje", "Ottokar", "Mareike", "Detlef", "Gesine", "Veit"),
    "es": ("Macarena", "Evaristo", "Rocío", "Leandro", "Candela", "Fermín", "Azucena", "Gonzalo", "Nieves", "Aurelio"),
    "fr": ("Capucine", "Gaspard", "Ségolène", "Thibault", "Apolline", "Baptiste", "Maëlys", "Octave", "Clothilde",
           "Firmin"),
    "pt": ("Anabela", "Thiago", "Jussara", "Valdemar", "Iracema", "Duarte", "Filipa", "Nuno", "Rosângela", "Tomé"),
}  # fmt: skip
LAST_NAMES: dict[str, tuple[str, ...]] = {
    "en": ("Thistlewood", "Pemberwick", "Larkenby", "Ashgrovely", "Crandell", "Holloworth", "Quillfeather", "Stannard",
           "Dunmorrow", "Wetherspoone"),
    "de": ("Brinkhaus", "Oelschläger", "Lüttjohann", "Kesselring", "Pfannenstiel", "Graßhoff", "Twietmeyer",
           "Ziegenfuß", "Hundertmark", "Sauerbier"),
    "es": ("Zurbano", "Echaniz", "Villarejo", "Carrascosa", "Benavent", "Olivencia", "Mondragón", "Urrutia",
           "Peñalosa", "Torrecilla"),
    "fr": ("Vaucanson", "Lemarchal", "Desrosières", "Poulenard", "Guérinot", "Bellefontaine", "Carpentras", "Hautcœur",
           "Miremont", "Trouvelot"),
    "pt": ("Albuquerque", "Figueirinha", "Mascarenhas", "Tavolaro", "Vasconcelos", "Quintanilha", "Bettencourt",
           "Salgueiro", "Nogueirol", "Camargos"),
}  # fmt: skip
STREETS: dict[str, tuple[str, ...]] = {
    "en": ("Harrowgate", "Bramblecote", "Otterbourne", "Fennimore", "Wexcombe"),
    "de": ("Lindenkamp", "Amselhorst", "Mühlenbrink", "Rosenhage", "Eichkater"),
    "es": ("Almendralejo", "Valdehierro", "Peñafría", "Torrealta", "Zarzuela"),
    "fr": ("Vaubrecourt", "Clairefontaine", "Montplaisir", "Sauveterre", "Bellecombe"),
    "pt": ("Jacarandás", "Ipiranguinha", "Sabiás", "Carvalhosa", "Mangabeiras"),
}
TOWNS: dict[str, tuple[str, ...]] = {
    "GB": ("Ludlow", "Kettering"), "US": ("Missoula", "Duluth"), "IE": ("Tralee", "Athlone"),
    "DE": ("Uelzen", "Coburg"), "AT": ("Steyr", "Villach"), "ES": ("Jaca", "Cuenca"), "MX": ("Celaya", "Tepic"),
    "FR": ("Cahors", "Vesoul"), "BE": ("Dinant", "Huy"), "PT": ("Tavira", "Lamego"), "BR": ("Sorocaba", "Itajubá"),
}  # fmt: skip
MAIL_HOSTS = ("example.com", "example.org", "mail.example.net", "post.example.com")
# A form's fixed digits keep short random groups from making a number that somebody else's text holds.
PHONES: dict[str, tuple[str, ...]] = {
    "GB": ("+44 74## ######", "075## ######"), "US": ("(415) 6##-####", "+1 312-7##-####"),
    "IE": ("+353 86 ### ####", "087 ### ####"), "DE": ("+49 151 ########", "0171/#######"),
    "AT": ("+43 664 #######", "0664 #######"), "ES": ("+34 61# ### ###", "62# 47 ## ##"),
    "MX": ("+52 55 4### ####", "55 3### ####"), "FR": ("+33 6 83 ## ## ##", "06.87.##.##.##", "06 84 ## ## ##"),
    "BE": ("+32 470 83 ## ##", "0471 86 ## ##"), "PT": ("+351 912 ### ###", "936 ### ###"),
    "BR": ("+55 11 9####-####", "(21) 9####-####"),
}  # fmt: skip
# Digits of an account after the check digits; British and Irish ones have four letters of the bank before them.
_IBAN_DIGITS = {"GB": 14, "IE": 14, "DE": 18, "AT": 16, "ES": 20, "FR": 23, "BE": 12, "PT": 21}


@dataclass(frozen=True)
class Person:
    """One customer."""

    customer_id: str
    first: str
    last: str
    language: str
    region: str
    email: str
    tier: str
    value: float

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


def customers(rng: random.Random, count: int) -> list[Person]:
    """Customers of every region in its share."""
    regions = rng.choices(list(REGIONS), [share for _, share in REGIONS.values()], k=count)
    return [_person(rng, region) for region in regions]


def _person(rng: random.Random, region: str) -> Person:
    language = REGIONS[region][0]
    first, last = rng.choice(FIRST_NAMES[language]), rng.choice(LAST_NAMES[language])
    mailbox = f"{fold(first)}.{fold(last)}".replace(" ", "")
    tier = rng.choices(("free", "plus", "business"), (0.72, 0.22, 0.06))[0]
    yearly = {"free": 140, "plus": 420, "business": 2600}[tier] * rng.uniform(0.4, 1.8)
    email = f"{mailbox}{rng.randint(1000, 9999)}@{rng.choice(MAIL_HOSTS)}"
    return Person(f"C{rng.randrange(10**9):09d}", first, last, language, region, email, tier, round(yearly, 2))


def digits(rng: random.Random, count: int) -> str:
    """That many random digits."""
    return "".join(str(rng.randrange(10)) for _ in range(count))


def phone(rng: random.Random, region: str) -> str:
    """A mobile number as people of the region write it."""
    return "".join(str(rng.randint(1, 9)) if sign == "#" else sign for sign in rng.choice(PHONES[region]))


def street(rng: random.Random, region: str) -> str:
    """Street and house number, the part of an address that names a door."""
    language, number = REGIONS[region][0], rng.randint(101, 989)
    name = rng.choice(STREETS[language])
    return {
        "en": f"{number} {name} {'Ave' if region == 'US' else 'Lane'}",
        "de": f"{name}straße {number}",
        "es": f"Calle {name} {number}",
        "fr": f"{number} rue {name}",
        "pt": f"Rua {name}, {number}",
    }[language]


def town(rng: random.Random, region: str) -> str:
    """Postcode and town in the order of the country."""
    name, code = rng.choice(TOWNS[region]), str(rng.randint(10000, 98999))
    letters = "".join(rng.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
    return {
        "GB": f"{name} {letters}{rng.randint(1, 19)} {rng.randint(1, 9)}{letters[::-1]}",
        "US": f"{name}, {'MT' if name == 'Missoula' else 'MN'} {code}",
        "IE": f"{name} V92 {letters}{rng.randint(10, 99)}",
        "AT": f"{code[:4]} {name}",
        "BE": f"{code[:4]} {name}",
        "PT": f"{code[:4]}-{rng.randint(101, 989)} {name}",
        "BR": f"{name} - {'SP' if name == 'Sorocaba' else 'MG'}, {code}-{rng.randint(101, 989)}",
    }.get(region, f"{code} {name}")


def card(rng: random.Random) -> str:
    """A card number that passes Luhn's test, in one of the usual groupings."""
    body = rng.choice("45") + digits(rng, 14)
    doubled = [int(sign) * (2 - place % 2) for place, sign in enumerate(body)]
    check = -sum(value - 9 if value > 9 else value for value in doubled) % 10
    number = f"{body}{check}"
    groups = [number[start : start + 4] for start in range(0, 16, 4)]
    return rng.choice((" ", "-", "")).join(groups)


def iban(rng: random.Random, region: str) -> str | None:
    """An IBAN with right check digits; None where accounts have none."""
    if region not in _IBAN_DIGITS:
        return None
    bank = "".join(rng.choice("ABCDEFGHJKLMNPRSTUWXYZ") for _ in range(4)) if region in ("GB", "IE") else ""
    account = bank + digits(rng, _IBAN_DIGITS[region])
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{account}{region}00")) % 97
    plain = f"{region}{check:02d}{account}"
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def languages_of(regions: tuple[str, ...]) -> set[str]:
    """The languages spoken in some regions."""
    return {REGIONS[region][0] for region in regions} & set(LANGUAGES)
