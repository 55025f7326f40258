//! [`Error`]: what a builder may refuse.

use std::fmt;

/// Why a segmenter could not be built, or a metric not computed.
///
/// Opaque, so that new causes are no breaking change; the message names the
/// argument, the value and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ErrorKind {
    UnknownLang(String),
    Pattern { pattern: String, reason: String },
    Invalid(String),
}

impl Error {
    pub(crate) fn unknown_lang(code: &str) -> Self {
        Self { kind: ErrorKind::UnknownLang(code.to_owned()) }
    }

    pub(crate) fn pattern(pattern: &str, reason: impl fmt::Display) -> Self {
        Self {
            kind: ErrorKind::Pattern { pattern: pattern.to_owned(), reason: reason.to_string() },
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Invalid(message.into()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::UnknownLang(code) => {
                write!(f, "unknown lang {code:?}; known: ")?;
                for (i, known) in crate::Lang::known().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    f.write_str(known)?;
                }
                f.write_str("; use \"und\" for text of any language")
            }
            ErrorKind::Pattern { pattern, reason } => {
                write!(f, "protected pattern {pattern:?} is not usable: {reason}")
            }
            ErrorKind::Invalid(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}
