"""The goods and their names in five languages: families, parts, colours, materials, brands, carriers.

Only word lists and their look-ups; whole sentences are in `wordings/`, people in `people.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "de", "es", "fr", "pt")


@dataclass(frozen=True)
class Noun:
    """A kind of article: as sold (English), and with its article in each language."""

    sold_as: str
    local: tuple[str, str, str, str, str]

    def it(self, language: str) -> str:
        """The article in a sentence, such as `the kettle` or `der Wasserkocher`."""
        return self.local[LANGUAGES.index(language)]


@dataclass(frozen=True)
class Family:
    """Goods that fail alike: what wordings suit them, what parts they have, what they cost."""

    name: str
    tags: frozenset[str]
    nouns: tuple[Noun, ...]
    parts: tuple[tuple[str, str, str, str, str], ...]
    prices: tuple[int, int]


def _nouns(text: str) -> tuple[Noun, ...]:
    rows = [tuple(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()]
    return tuple(Noun(row[0], (f"the {row[0].lower()}", row[1], row[2], row[3], row[4])) for row in rows)


def _words(text: str) -> tuple[tuple[str, str, str, str, str], ...]:
    rows = [tuple(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()]
    return tuple((row[0], row[1], row[2], row[3], row[4]) for row in rows)


FAMILIES: tuple[Family, ...] = (
    Family(
        "apparel",
        frozenset({"soft"}),
        _nouns("""
            Parka|der Parka|la parka|la parka|a parka
            Hoodie|der Hoodie|la sudadera|le sweat|o moletom
            Blazer|der Blazer|la americana|le blazer|o blazer
            Dress|das Kleid|el vestido|la robe|o vestido
            Raincoat|die Regenjacke|el chubasquero|le ciré|a capa de chuva
            Cardigan|die Strickjacke|la rebeca|le gilet|o cardigã
            Skirt|der Rock|la falda|la jupe|a saia
        """),
        (),
        (35, 180),
    ),
    Family(
        "footwear",
        frozenset({"soft"}),
        _nouns("""
            Sneaker|der Sneaker|la zapatilla|la basket|o tênis
            Boot|der Stiefel|la bota|la botte|a bota
            Sandal|die Sandale|la sandalia|la sandale|a sandália
            Loafer|der Slipper|el mocasín|le mocassin|o mocassim
            Clog|der Clog|el zueco|le sabot|o tamanco
        """),
        (),
        (45, 160),
    ),
    Family(
        "furniture",
        frozenset({"hard", "built"}),
        _nouns("""
            Bookshelf|das Bücherregal|la estantería|la bibliothèque|a estante
            Desk|der Schreibtisch|el escritorio|le bureau|a escrivaninha
            Stool|der Hocker|el taburete|le tabouret|o banquinho
            Sideboard|die Anrichte|el aparador|le buffet|o aparador
            Nightstand|der Nachttisch|la mesilla|le chevet|o criado-mudo
        """),
        _words("""
            bag of screws|der Schraubenbeutel|la bolsa de tornillos|le sachet de vis|o saco de parafusos
            back panel|die Rückwand|el panel trasero|le panneau arrière|o painel traseiro
            drawer handle|der Schubladengriff|el tirador|la poignée de tiroir|o puxador
        """),
        (60, 420),
    ),
    Family(
        "kitchen",
        frozenset({"hard", "electric", "fragile"}),
        _nouns("""
            Kettle|der Wasserkocher|el hervidor|la bouilloire|a chaleira
            Blender|der Mixer|la batidora|le mixeur|o liquidificador
            Toaster|der Toaster|la tostadora|le grille-pain|a torradeira
            Grinder|die Kaffeemühle|el molinillo|le moulin|o moedor
            Steamer|der Dampfgarer|la vaporera|le cuiseur|a panela a vapor
        """),
        _words("""
            lid|der Deckel|la tapa|le couvercle|a tampa
            filter|der Filter|el filtro|le filtre|o filtro
            power cord|das Netzkabel|el cable de corriente|le cordon secteur|o cabo de força
        """),
        (25, 190),
    ),
    Family(
        "tableware",
        frozenset({"hard", "fragile"}),
        _nouns("""
            Teapot|die Teekanne|la tetera|la théière|o bule
            Carafe|die Karaffe|la jarra|la carafe|a jarra
            Vase|die Vase|el florero|le vase|o vaso de flores
            Tureen|die Terrine|la sopera|la soupière|a sopeira
        """),
        (),
        (18, 90),
    ),
    Family(
        "lighting",
        frozenset({"hard", "electric", "fragile"}),
        _nouns("""
            Lamp|die Lampe|la lámpara|la lampe|a luminária
            Lantern|die Laterne|el farol|la lanterne|a lanterna
            Spotlight|der Strahler|el foco|le projecteur|o refletor
            Uplighter|der Deckenfluter|el lampadario|le lampadaire|o abajur
        """),
        _words("""
            mounting bracket|der Montagewinkel|el soporte de pared|le support mural|o suporte de parede
            dimmer|der Dimmer|el regulador|le variateur|o dimmer
            ceiling hook|der Deckenhaken|el gancho de techo|le crochet de plafond|o gancho de teto
        """),
        (30, 240),
    ),
    Family(
        "outdoor",
        frozenset({"hard", "built"}),
        _nouns("""
            Tent|das Zelt|la tienda|la tente|a barraca
            Hammock|die Hängematte|la hamaca|le hamac|a rede
            Parasol|der Sonnenschirm|la sombrilla|le parasol|o guarda-sol
            Cooler|die Kühlbox|la nevera|la glacière|a caixa térmica
            Barbecue|der Grill|la barbacoa|le barbecue|a churrasqueira
        """),
        _words("""
            carry bag|die Tragetasche|la bolsa de transporte|le sac de transport|a bolsa de transporte
            centre pole|die Mittelstange|el palo central|le mât central|a haste central
            repair kit|das Flickzeug|el kit de reparación|le kit de réparation|o kit de reparo
        """),
        (40, 260),
    ),
    Family(
        "toys",
        frozenset({"hard", "built"}),
        _nouns("""
            Railway|die Spielzeugbahn|el trenecito|le petit train|o trenzinho
            Dollhouse|das Puppenhaus|la casita|le dollhouse|a casinha
            Robot|der Roboter|el robot|le robot|o robô
            Kite|der Drachen|la cometa|le cerf-volant|a pipa
        """),
        _words("""
            battery cover|die Batterieklappe|la tapa de pilas|le cache-piles|a tampa das pilhas
            remote|die Fernbedienung|el mando|la télécommande|o controle
            sticker sheet|der Aufkleberbogen|la hoja de pegatinas|la planche de stickers|a folha de adesivos
        """),
        (20, 110),
    ),
    Family(
        "care",
        frozenset({"liquid"}),
        _nouns("""
            Shampoo|das Shampoo|el champú|le shampoing|o xampu
            Lotion|die Lotion|la loción|la lotion|a loção
            Serum|das Serum|el sérum|le sérum|o sérum
            Conditioner|die Spülung|el acondicionador|le démêlant|o condicionador
        """),
        (),
        (9, 55),
    ),
    Family(
        "audio",
        frozenset({"hard", "electric"}),
        _nouns("""
            Headset|das Headset|el auricular|le casque|o fone
            Speaker|der Lautsprecher|el altavoz|le haut-parleur|o alto-falante
            Turntable|der Plattenspieler|el tocadiscos|le tourne-disque|o toca-discos
            Radio|das Radio|el transistor|le poste radio|o rádio
        """),
        _words("""
            charging cable|das Ladekabel|el cable de carga|le câble de charge|o cabo de carga
            power adapter|der Netzadapter|el adaptador|le bloc secteur|o adaptador de tomada
            dust cover|die Staubhaube|la tapa antipolvo|le capot|a capa contra pó
        """),
        (30, 320),
    ),
)

# Parts and functions that can fail after some days, by family and by the way they fail; sentences give none a gender.
FAILING: dict[str, dict[str, tuple[tuple[str, str, str, str, str], ...]]] = {
    "apparel": {
        "loose": _words("""
            top button|der oberste Knopf|el botón superior|le bouton du haut|o botão superior
            lining|das Futter|el forro|la doublure|o forro
        """),
        "stuck": _words("zip|der Reißverschluss|la cremallera|la fermeture éclair|o zíper"),
    },
    "footwear": {
        "loose": _words("""
            sole|die Sohle|la suela|la semelle|a sola
            heel|der Absatz|el tacón|le talon|o salto
            toe cap|die Zehenkappe|la puntera|le bout renforcé|a biqueira
        """),
    },
    "furniture": {
        "loose": _words("""
            rear foot|der hintere Fuß|la pata trasera|le pied arrière|o pé traseiro
            top plate|die Deckplatte|el tablero superior|le plateau|o tampo
        """),
        "stuck": _words("drawer|die Schublade|el cajón|le tiroir|a gaveta"),
    },
    "kitchen": {
        "dead": _words("""
            control panel|das Bedienfeld|el panel de mandos|le panneau de commande|o painel de controle
            timer|die Zeitschaltuhr|el programador|la minuterie|o temporizador
        """),
        "loose": _words("handle|der Griff|el asa|la poignée|a alça"),
        "stuck": _words("start lever|der Starthebel|la palanca|la manette|a alavanca"),
    },
    "tableware": {
        "loose": _words("""
            handle|der Henkel|el asa|la poignée|a alça
            base ring|der Standring|el pie|le pied|o pé
            glaze|die Glasur|el esmalte|le vernis|o esmalte
        """),
    },
    "lighting": {
        "dead": _words("""
            touch sensor|der Berührungssensor|el sensor táctil|le capteur tactile|o sensor de toque
            second socket|die zweite Fassung|el segundo casquillo|la deuxième douille|o segundo soquete
        """),
        "loose": _words("shade|der Schirm|la pantalla|l'abat-jour|a cúpula"),
        "stuck": _words("swivel joint|das Drehgelenk|la articulación|la rotule|a articulação"),
    },
    "outdoor": {
        "loose": _words("side clip|der Seitenclip|el enganche lateral|le clip latéral|a presilha lateral"),
        "stuck": _words("""
            folding joint|das Klappgelenk|el mecanismo de plegado|le mécanisme de pliage|o mecanismo de dobra
        """),
    },
    "toys": {
        "dead": _words("sound module|das Soundmodul|el módulo de sonido|le module sonore|o módulo de som"),
        "loose": _words("front piece|das Vorderteil|la pieza delantera|la pièce avant|a peça da frente"),
        "stuck": _words("crank|die Kurbel|la manivela|la manivelle|a manivela"),
    },
    "audio": {
        "dead": _words("""
            left channel|der linke Kanal|el canal izquierdo|le canal gauche|o canal esquerdo
            rechargeable battery|der Akku|la batería|la batterie|a bateria
        """),
        "stuck": _words("volume knob|der Lautstärkeregler|la rueda de volumen|la molette du volume|o disco de volume"),
    },
}
# Direction of a sizing error: words that agree with nothing in the sentences they are put into.
TIGHT: dict[str, dict[str, tuple[str, ...]]] = {
    "small": {
        "en": ("small", "tight", "narrow"),
        "de": ("klein", "eng", "knapp"),
        "es": ("pequeña", "estrecha", "justa"),
        "fr": ("petit", "serré", "étroit"),
        "pt": ("pequeno", "apertado", "justo"),
    },
    "large": {
        "en": ("big", "loose", "wide"),
        "de": ("groß", "weit", "lang"),
        "es": ("grande", "ancha", "holgada"),
        "fr": ("grand", "large", "ample"),
        "pt": ("grande", "largo", "folgado"),
    },
}
COLOURS = _words("""
    forest green|Tannengrün|verde bosque|vert sapin|verde musgo
    navy|Marineblau|azul marino|bleu marine|azul marinho
    charcoal|Anthrazit|gris antracita|gris anthracite|grafite
    cream|Creme|crema|crème|creme
    rust red|Rostrot|teja|rouille|ferrugem
    mustard|Senfgelb|mostaza|moutarde|mostarda
    teal|Petrol|verde petróleo|bleu canard|azul petróleo
    plum|Pflaume|ciruela|prune|ameixa
""")
MATERIALS: dict[str, tuple[tuple[str, str, str, str, str], ...]] = {
    "soft": _words("""
        wool|Wolle|lana|laine|lã
        linen|Leinen|lino|lin|linho
        leather|Leder|cuero|cuir|couro
    """),
    "soft_cheap": _words("""
        polyester|Polyester|poliéster|polyester|poliéster
        viscose|Viskose|viscosa|viscose|viscose
        vinyl|Kunstleder|polipiel|skaï|napa
    """),
    "hard": _words("""
        oak|Eichenholz|roble|chêne|carvalho
        stainless steel|Edelstahl|acero inoxidable|inox|aço inox
        brass|Messing|latón|laiton|latão
    """),
    "hard_cheap": _words("""
        chipboard|Spanplatte|aglomerado|aggloméré|aglomerado
        plastic|Plastik|plástico|plastique|plástico
        painted tin|Blech|hojalata|fer-blanc|lata pintada
    """),
}
WEEKDAYS = _words("""
    Monday|Montag|lunes|lundi|segunda
    Tuesday|Dienstag|martes|mardi|terça
    Wednesday|Mittwoch|miércoles|mercredi|quarta
    Thursday|Donnerstag|jueves|jeudi|quinta
    Friday|Freitag|viernes|vendredi|sexta
""")
SIZES = ("S", "M", "L", "XL", "38", "40", "42", "44")
WALLETS = ("PayPal", "Apple Pay", "Google Pay", "Klarna")
CARRIERS = (
    "Nordvex", "Parcelio", "Swiftquay", "Kuriva", "Postelan", "Dromvia", "Haulwick", "Rapidonne", "Trekpost", "Veloxia",
)  # fmt: skip
BRAND_STARTS = (
    "Vel", "Tor", "Quin", "Mard", "Zel", "Brov", "Kas", "Fen", "Osk", "Lum", "Prax", "Nid", "Yor", "Hal", "Drin", "Caz",
)  # fmt: skip
BRAND_ENDS = ("mora", "vik", "della", "gane", "rith", "onix", "ebro", "uvio", "stad", "lyne", "aro", "ixel")
# What a number of days or weeks can be in a text.
COUNTS = tuple(str(number) for number in range(4, 13))
VERSION_MAJORS = tuple(range(11, 16))
VERSION_MINORS = tuple(range(21, 60))


def brands() -> list[str]:
    """Every brand name there can be."""
    return [start + end for start in BRAND_STARTS for end in BRAND_ENDS]


def local(row: tuple[str, str, str, str, str], language: str) -> str:
    """A row of a word list in one language."""
    return row[LANGUAGES.index(language)]
