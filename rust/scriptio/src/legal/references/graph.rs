//! Which sections one needs to read along: bounded expansion of references.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{Reference, Resolution};

/// The sections reached from `seeds` over resolved references, the nearest first.
///
/// Breadth first, so that a section is expanded at its shortest distance,
/// whatever the order of the references; cycles end. `depth` counts
/// references, `most` caps how many sections are given beside the seeds. Each
/// is given with its distance and the section that cites it.
///
/// A section cites what its subsections cite; `lift` maps a section to the
/// unit that counts, such as the article that an item lies in.
pub fn expand(
    references: &[Reference],
    lift: impl Fn(u32) -> u32,
    seeds: &[u32],
    depth: usize,
    most: usize,
) -> Vec<(u32, usize, u32)> {
    let mut cited: HashMap<u32, Vec<u32>> = HashMap::new();
    for reference in references {
        if reference.resolution == Resolution::Resolved {
            let source = lift(reference.source);
            let list = cited.entry(source).or_default();
            for &target in &reference.targets {
                let target = lift(target);
                if target != source && !list.contains(&target) {
                    list.push(target);
                }
            }
        }
    }
    let mut seen: HashSet<u32> = HashSet::new();
    let mut queue: VecDeque<(u32, usize)> = VecDeque::new();
    for &seed in seeds {
        let seed = lift(seed);
        if seen.insert(seed) {
            queue.push_back((seed, 0));
        }
    }
    let mut out = Vec::new();
    while let Some((at, distance)) = queue.pop_front() {
        if distance >= depth {
            continue;
        }
        for &target in cited.get(&at).map_or(&[][..], Vec::as_slice) {
            if out.len() >= most {
                return out;
            }
            if seen.insert(target) {
                out.push((target, distance + 1, at));
                queue.push_back((target, distance + 1));
            }
        }
    }
    out
}
