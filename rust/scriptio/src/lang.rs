//! [`Lang`]: the languages a segmenter can be asked for.

use crate::Error;

/// Codes of the languages that were seen in training or evaluation data, ISO
/// 639-1 where there is one and 639-3 otherwise, sorted. `und` is kept apart.
const KNOWN: &[&str] = &[
    "ab", "ace", "acm", "acq", "acu", "aeb", "af", "ajp", "ak", "am", "ame", "ang", "apc", "ar",
    "arq", "ars", "ary", "arz", "as", "ast", "awa", "ay", "az", "azb", "ba", "ban", "bas", "be",
    "bem", "ber", "bg", "bho", "bjn", "bm", "bn", "bo", "br", "bs", "bug", "ca", "cbi", "cbk",
    "ceb", "ch", "cjk", "ckb", "cnh", "cpu", "crh", "cs", "csb", "cv", "cy", "da", "de", "dik",
    "din", "dsb", "dtp", "dv", "dyu", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff",
    "fi", "fj", "fo", "fon", "fr", "fuc", "fur", "fuv", "fy", "ga", "gd", "gl", "gn", "gsw", "gu",
    "gur", "guz", "ha", "he", "hi", "hmn", "hne", "hr", "hsb", "ht", "hu", "hy", "ia", "id", "ie",
    "ig", "ilo", "io", "is", "it", "ja", "jv", "ka", "kab", "kac", "kam", "kbp", "kea", "kg", "ki",
    "kk", "km", "kmb", "kn", "kng", "ko", "kr", "ks", "ku", "kw", "ky", "kzj", "la", "lb", "lfn",
    "lg", "lgg", "li", "lij", "lmo", "ln", "lo", "loz", "lt", "ltg", "lua", "luo", "lus", "lv",
    "lwg", "mag", "mai", "mas", "max", "mcf", "mg", "mhr", "mi", "min", "mk", "ml", "mn", "mni",
    "mos", "mr", "ms", "mt", "my", "myx", "nb", "nd", "nds", "ne", "nl", "nn", "nov", "nr", "nso",
    "nuj", "nus", "ny", "oc", "om", "or", "orv", "pa", "pag", "pam", "pap", "pl", "pms", "prs",
    "ps", "pt", "qu", "rm", "rmn", "rn", "ro", "ru", "rw", "sa", "sah", "sat", "sc", "scn", "sd",
    "sg", "shi", "shn", "shp", "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su",
    "sv", "sw", "swg", "szl", "ta", "taq", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "toi",
    "tpi", "tr", "ts", "tt", "tum", "tuv", "tw", "ty", "tzl", "tzm", "ug", "uk", "umb", "ur", "uz",
    "ve", "vec", "vi", "vot", "war", "wo", "wuu", "xh", "yi", "yo", "yue", "zh", "zu",
];

/// Other spellings of a known code: `no` is Bokmål by custom, the rest are the
/// three-letter codes of languages that have a two-letter one.
#[rustfmt::skip]
const ALIASES: &[(&str, &str)] = &[
    ("ara", "ar"), ("bul", "bg"), ("cat", "ca"), ("ces", "cs"), ("cmn", "zh"), ("cym", "cy"),
    ("dan", "da"), ("deu", "de"), ("ell", "el"), ("eng", "en"), ("est", "et"), ("eus", "eu"),
    ("fas", "fa"), ("fin", "fi"), ("fra", "fr"), ("gle", "ga"), ("glg", "gl"), ("heb", "he"),
    ("hin", "hi"), ("hrv", "hr"), ("hun", "hu"), ("hye", "hy"), ("ind", "id"), ("isl", "is"),
    ("ita", "it"), ("iw", "he"), ("jpn", "ja"), ("kat", "ka"), ("kor", "ko"), ("lat", "la"),
    ("lav", "lv"), ("lit", "lt"), ("mul", "und"), ("nld", "nl"), ("nno", "nn"), ("no", "nb"),
    ("nob", "nb"), ("nor", "nb"), ("pol", "pl"), ("por", "pt"), ("ron", "ro"), ("rus", "ru"),
    ("slk", "sk"), ("slv", "sl"), ("spa", "es"), ("srp", "sr"), ("swe", "sv"), ("tha", "th"),
    ("tur", "tr"), ("ukr", "uk"), ("urd", "ur"), ("vie", "vi"), ("zho", "zh"),
];

/// A language code that the segmenters know.
///
/// A region or script subtag is accepted and dropped (`en-GB`, `zh_Hant`);
/// case does not matter. `und` stands for text of unknown or mixed language
/// and uses what holds for scripts, not for languages.
///
/// ```
/// use scriptio::Lang;
/// assert_eq!(Lang::new("pt-BR")?.code(), "pt");
/// assert_eq!(Lang::new("und")?, Lang::UND);
/// assert!(Lang::new("xx").is_err());
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lang(&'static str);

impl Lang {
    /// Unknown or mixed language.
    pub const UND: Self = Self("und");

    /// Look a code up.
    ///
    /// # Errors
    /// If the code is not known; the message lists the known ones.
    pub fn new(code: &str) -> Result<Self, Error> {
        let primary = code.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let primary = ALIASES
            .iter()
            .find(|(alias, _)| *alias == primary)
            .map_or(primary.as_str(), |(_, code)| code);
        if primary == "und" {
            return Ok(Self::UND);
        }
        match KNOWN.binary_search(&primary) {
            Ok(index) => Ok(Self(KNOWN.get(index).copied().unwrap_or("und"))),
            Err(_) => Err(Error::unknown_lang(code)),
        }
    }

    /// The code, as given back by [`Lang::known`], or `und`.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// All known codes, sorted, without `und`.
    pub fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().copied()
    }
}
