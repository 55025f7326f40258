//! Words that number what was inserted later: ทวิ, bis, の三.

/// Pali ordinals, from the second on: the old way of Thai statutes. A table rather than a grammar,
/// because the compounds are irregular and statutes spell some of them in two ways.
const PALI: [(&str, u32); 38] = [
    ("ทวิ", 2),
    ("ตรี", 3),
    ("จัตวา", 4),
    ("เบญจ", 5),
    ("ฉ", 6),
    ("สัตต", 7),
    ("อัฏฐ", 8),
    ("อัฎฐ", 8),
    ("นว", 9),
    ("ทศ", 10),
    ("เอกาทศ", 11),
    ("ทวาทศ", 12),
    ("เตรส", 13),
    ("จตุทศ", 14),
    ("จตุททศ", 14),
    ("ปัณรส", 15),
    ("ปัณณรส", 15),
    ("โสฬส", 16),
    ("สัตตรส", 17),
    ("อัฏฐารส", 18),
    ("อัฎฐารส", 18),
    ("เอกูนวีสติ", 19),
    ("วีสติ", 20),
    ("เอกวีสติ", 21),
    ("ทวาวีสติ", 22),
    ("เตวีสติ", 23),
    ("จตุวีสติ", 24),
    ("ปัญจวีสติ", 25),
    ("ฉัพพีสติ", 26),
    ("สัตตวีสติ", 27),
    ("อัฏฐวีสติ", 28),
    ("อัฎฐวีสติ", 28),
    ("เอกูนติงสติ", 29),
    ("ติงสติ", 30),
    ("เอกติงสติ", 31),
    ("ทวัตติงสติ", 32),
    ("เตตติงสติ", 33),
    ("จตุตติงสติ", 34),
];

const LATIN: [(&str, u32); 24] = [
    ("bis", 2),
    ("ter", 3),
    ("quater", 4),
    ("quinquies", 5),
    ("quinques", 5),
    ("sexies", 6),
    ("septies", 7),
    ("octies", 8),
    ("nonies", 9),
    ("novies", 9),
    ("decies", 10),
    ("undecies", 11),
    ("duodecies", 12),
    ("terdecies", 13),
    ("quaterdecies", 14),
    ("quindecies", 15),
    ("quinquiesdecies", 15),
    ("sexdecies", 16),
    ("sexiesdecies", 16),
    ("septiesdecies", 17),
    ("octiesdecies", 18),
    ("noviesdecies", 19),
    ("vicies", 20),
    ("unvicies", 21),
];

/// Ordinals spelled out, as headings of upper levels use them; English ones are in `english.rs`.
const ORDINALS: [(u32, &str); 10] = [
    (
        1,
        "primero primera premier première primo prima erster erstes erste primeiro primeira único única unico unica",
    ),
    (2, "segundo segunda deuxième seconde secondo seconda zweiter zweites zweite"),
    (3, "tercero tercera troisième terzo terza dritter drittes dritte terceiro terceira tercer"),
    (4, "cuarto cuarta quatrième quarto quarta vierter viertes vierte"),
    (5, "quinto quinta cinquième fünfter fünftes fünfte"),
    (6, "sexto sexta sixième sesto sesta sechster sechstes sechste"),
    (7, "séptimo séptima septième settimo settima siebter siebtes siebte siebenter sétimo sétima"),
    (8, "octavo octava huitième ottavo ottava achter achtes achte oitavo oitava"),
    (9, "noveno novena neuvième nono nona neunter neuntes neunte"),
    (10, "décimo décima dixième decimo decima zehnter zehntes zehnte"),
];

/// The Pali ordinal that `text` is or begins with as a word, and its bytes.
pub(super) fn pali(text: &str) -> Option<(u32, usize)> {
    PALI.iter()
        .filter(|(word, _)| text.starts_with(word))
        .max_by_key(|(word, _)| word.len())
        .filter(|(word, _)| {
            // The word must end there: ฉ begins many others.
            text.get(word.len()..)
                .and_then(|rest| rest.chars().next())
                .is_none_or(|c| !('\u{0E01}'..='\u{0E4E}').contains(&c))
        })
        .map(|&(word, value)| (value, word.len()))
}

/// The Latin multiplicative that `text` begins with as a word, and its bytes.
pub(super) fn latin(text: &str) -> Option<(u32, usize)> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = text.get(..length)?;
    LATIN
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|&(_, value)| (value, length))
}

/// The ordinal spelled out at the start of `text`, and its bytes.
pub(super) fn ordinal(text: &str) -> Option<(u32, usize)> {
    let length = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let word = text.get(..length)?;
    if !(4..=28).contains(&length) {
        return None;
    }
    let word = word.to_lowercase();
    ORDINALS
        .iter()
        .find(|(_, words)| words.split(' ').any(|known| known == word))
        .map(|&(value, _)| value)
        .or_else(|| german(&word))
        .map(|value| (value, length))
}

/// German ordinals from eleven on, which the others are made of: `einunddreißigster`.
fn german(word: &str) -> Option<u32> {
    const ONES: [&str; 9] =
        ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];
    const TEENS: [&str; 9] = [
        "elf",
        "zwölf",
        "dreizehn",
        "vierzehn",
        "fünfzehn",
        "sechzehn",
        "siebzehn",
        "achtzehn",
        "neunzehn",
    ];
    const TENS: [&str; 5] = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig"];
    let stem = word.trim_end_matches(['r', 's']).strip_suffix("te")?;
    if let Some(at) = TEENS.iter().position(|teen| *teen == stem) {
        return Some(at as u32 + 11);
    }
    let stem = stem.strip_suffix('s')?;
    let at = TENS.iter().position(|ten| stem.ends_with(ten))?;
    let tens = at as u32 * 10 + 20;
    let head = stem.strip_suffix(TENS.get(at)?)?;
    if head.is_empty() {
        return Some(tens);
    }
    let head = head.strip_suffix("und")?;
    ONES.iter().position(|one| *one == head).map(|one| tens + one as u32 + 1)
}
