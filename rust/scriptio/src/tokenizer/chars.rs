//! Hashed character ids, the input of `WtP`'s models.
//!
//! A character has no row of its own in an embedding table. Several hashes
//! each pick a row, and what they pick is concatenated, so that all of Unicode
//! fits into a few small tables. Hash `i` of code point `c` is
//! `((c + 1) * prime_i) mod buckets` (Clark et al. 2022, CANINE, section 3.2,
//! as Minixhofer et al. 2023, "Where's the Point?", use it).

use crate::Error;

/// The multipliers of the hashes, in order. Models use the first eight.
pub const PRIMES: [u32; 16] =
    [31, 43, 59, 61, 73, 97, 103, 113, 137, 149, 157, 173, 181, 193, 211, 223];

/// The hashed ids of every code point of `text`: `hashes` numbers each, one
/// code point after the other, all below `buckets`.
///
/// ```
/// let ids = scriptio::tokenizer::chars::hash_chars("ab", 2, 8192)?;
/// assert_eq!(ids, [98 * 31, 98 * 43, 99 * 31, 99 * 43]);
/// # Ok::<(), scriptio::Error>(())
/// ```
///
/// # Errors
/// If `hashes` is 0 or more than there are primes, or `buckets` is 0.
pub fn hash_chars(text: &str, hashes: usize, buckets: u32) -> Result<Vec<i64>, Error> {
    let primes = PRIMES.get(..hashes).filter(|primes| !primes.is_empty()).ok_or_else(|| {
        Error::invalid(format!("hashes must be between 1 and {}, not {hashes}", PRIMES.len()))
    })?;
    if buckets == 0 {
        return Err(Error::invalid("buckets must be at least 1, not 0"));
    }
    let buckets = u64::from(buckets);
    let mut ids = Vec::with_capacity(crate::offsets::count_chars(text.as_bytes()) * hashes);
    for c in text.chars() {
        let c = u64::from(u32::from(c)) + 1;
        ids.extend(primes.iter().map(|&prime| (c * u64::from(prime) % buckets) as i64));
    }
    Ok(ids)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_formula() {
        let ids = hash_chars("é😀", 8, 8192).unwrap();
        let formula = |c: i64, prime: i64| (c + 1) * prime % 8192;
        let primes = [31, 43, 59, 61, 73, 97, 103, 113];
        let expected: Vec<i64> =
            [0xE9, 0x1F600].iter().flat_map(|&c| primes.map(|prime| formula(c, prime))).collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn names_the_argument_that_is_wrong() {
        assert!(hash_chars("a", 0, 8).unwrap_err().to_string().contains("hashes"));
        assert!(hash_chars("a", 17, 8).unwrap_err().to_string().contains("17"));
        assert!(hash_chars("a", 8, 0).unwrap_err().to_string().contains("buckets"));
    }
}
