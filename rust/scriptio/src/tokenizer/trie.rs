//! [`Trie`]: finds every piece that begins at a place, in one walk.
//!
//! A double array (Aoe 1989) whose labels are codes of characters, not bytes:
//! a Chinese character is one step rather than three. Codes are given out by
//! frequency, so that siblings lie close together; the first step is a table,
//! because the root has a child for nearly every character.

use super::spec::Pieces;
use crate::Error;

/// No node: the parent of a free unit.
const FREE: u32 = u32::MAX;

/// No node either: the parent of units that are no node's children.
const TAKEN: u32 = u32::MAX - 1;

/// Free units that are tried for the children of a node before those that did
/// not do are given up: bounds the time to build.
const TRIES: usize = 64;

/// A node, and whether a piece ends here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    /// The child by code `c` is the unit at `base + c` (wrapping), if that names this as its parent.
    pub base: u32,
    pub parent: u32,
    /// Score of the piece that ends here; negative infinity if none does.
    pub score: f64,
}

/// The first step of a walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Root {
    pub unit: u32,
    /// Score of the character alone, be it a piece or unknown.
    pub score: f64,
    /// The id of the character alone.
    pub id: u32,
}

/// All pieces of a vocabulary.
#[derive(Debug)]
pub(super) struct Trie {
    units: Vec<Unit>,
    /// Ids of the pieces that end at the units.
    ids: Vec<u32>,
    /// First steps by code.
    roots: Vec<Root>,
    /// Codes of the longest piece.
    depth: usize,
}

impl Trie {
    /// The unit at `at`; a unit without children where there is none.
    #[inline]
    pub(super) fn unit(&self, at: u32) -> Unit {
        const NONE: Unit = Unit { base: 0, parent: FREE, score: f64::NEG_INFINITY };
        self.units.get(at as usize).copied().unwrap_or(NONE)
    }

    /// The id of the piece that ends at unit `at`.
    #[inline]
    pub(super) fn id(&self, at: u32) -> u32 {
        self.ids.get(at as usize).copied().unwrap_or_default()
    }

    /// The first step by `code`. Code 0 stands for every unknown character.
    #[inline]
    pub(super) fn root(&self, code: u32) -> Root {
        const NONE: Root = Root { unit: 0, score: 0.0, id: 0 };
        self.roots.get(code as usize).or(self.roots.first()).copied().unwrap_or(NONE)
    }

    /// Codes of the longest piece.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Units in use, and all.
    #[cfg(test)]
    pub(super) fn room(&self) -> (usize, usize) {
        (self.units.iter().filter(|unit| unit.parent != FREE).count(), self.units.len())
    }

    /// The trie of `pieces`, written in codes by `code_of`; a character alone that is no piece is `unk` and has `unk_score`.
    ///
    /// Of two equal pieces the one with the larger id counts.
    pub(super) fn new(
        pieces: &Pieces,
        scores: &[f64],
        code_of: impl Fn(char) -> u32,
        (unk, unk_score): (u32, f64),
    ) -> Result<Self, Error> {
        let order = pieces.sorted();
        let mut keys = Keys { codes: Vec::new(), ends: Vec::with_capacity(order.len()) };
        let mut depth = 1;
        for &id in &order {
            let before = keys.codes.len();
            keys.codes.extend(pieces.get(id as usize).chars().map(&code_of));
            depth = depth.max(keys.codes.len() - before);
            keys.ends.push(keys.codes.len());
        }
        let mut builder = Builder {
            keys,
            order: &order,
            scores,
            // The unit at 0 has no children and is what unknown characters lead to.
            units: vec![Unit { base: 0, parent: TAKEN, score: f64::NEG_INFINITY }],
            ids: vec![unk],
            next: vec![0],
            previous: vec![0],
            hint: None,
            open: Vec::new(),
            chains: Vec::new(),
        };
        let unknown = Root { unit: 0, score: unk_score, id: unk };
        let codes = builder.keys.codes.iter().max().map_or(0, |&code| code as usize);
        let mut roots = vec![unknown; codes + 1];
        builder.add_roots(&mut roots)?;
        // Where a node has several children they need a place that fits; where it has one child, any
        // place does. So those come last and fill what the others left free.
        while let Some(node) = builder.open.pop().or_else(|| builder.chains.pop()) {
            builder.add_children(node)?;
        }
        Ok(Self { units: builder.units, ids: builder.ids, roots, depth })
    }
}

/// The pieces in codes, sorted.
struct Keys {
    codes: Vec<u32>,
    ends: Vec<usize>,
}

impl Keys {
    fn get(&self, rank: usize) -> &[u32] {
        let start = rank.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(rank).copied().unwrap_or_default();
        self.codes.get(start.unwrap_or_default()..end).unwrap_or_default()
    }
}

/// A unit whose children are yet to be placed: the keys below it have ranks
/// `from..to` and agree in `depth` codes.
#[derive(Clone, Copy)]
struct Open {
    unit: u32,
    from: usize,
    to: usize,
    depth: usize,
}

/// The children of a node: code, and the ranks of the keys below it.
type Child = (u32, usize, usize);

struct Builder<'k> {
    keys: Keys,
    order: &'k [u32],
    scores: &'k [f64],
    units: Vec<Unit>,
    ids: Vec<u32>,
    /// The free units in a ring, in rising order, that begins and ends at unit 0.
    next: Vec<u32>,
    previous: Vec<u32>,
    /// The free unit from which places for several children are looked for; none if there is no
    /// free unit behind those that were given up.
    hint: Option<u32>,
    /// Nodes with several children, and with one, whose children are yet to be placed.
    open: Vec<Open>,
    chains: Vec<Open>,
}

impl Builder<'_> {
    /// The groups of keys in `from..to` by their code at `depth`.
    fn children(&self, mut from: usize, to: usize, depth: usize) -> Vec<Child> {
        let mut children = Vec::new();
        while from < to {
            // Keys that end here come first: they are prefixes of the others.
            let Some(&code) = self.keys.get(from).get(depth) else {
                from += 1;
                continue;
            };
            let same = (from..to).take_while(|&rank| self.keys.get(rank).get(depth) == Some(&code));
            let end = from + same.count();
            children.push((code, from, end));
            from = end;
        }
        children
    }

    /// The piece of the keys `from..to` that ends at `depth`: score and id.
    fn ending(&self, from: usize, to: usize, depth: usize) -> Option<(f64, u32)> {
        let ranks = (from..to).take_while(|&rank| self.keys.get(rank).len() == depth);
        let id = self.order.get(from + ranks.count().checked_sub(1)?)?;
        Some((self.scores.get(*id as usize).copied()?, *id))
    }

    fn add_roots(&mut self, roots: &mut [Root]) -> Result<(), Error> {
        for (code, from, to) in self.children(0, self.order.len(), 0) {
            let unit = self.append()?;
            self.fill(unit, TAKEN, (code, from, to), 1);
            if let Some(root) = roots.get_mut(code as usize) {
                root.unit = unit;
                if let Some((score, id)) = self.ending(from, to, 1) {
                    (root.score, root.id) = (score, id);
                }
            }
        }
        // The keys with most in common are placed while there is most room.
        self.open.sort_by_key(|open| open.to - open.from);
        Ok(())
    }

    /// Make the free unit `at` the child of `parent`.
    fn fill(&mut self, at: u32, parent: u32, (_, from, to): Child, depth: usize) {
        let (score, id) = self.ending(from, to, depth).unwrap_or((f64::NEG_INFINITY, 0));
        if let (Some(unit), Some(place)) =
            (self.units.get_mut(at as usize), self.ids.get_mut(at as usize))
        {
            *unit = Unit { base: 0, parent, score };
            *place = id;
        }
        let ended = (from..to).take_while(|&rank| self.keys.get(rank).len() == depth).count();
        let from = from + ended;
        if from < to {
            // The keys are sorted, so the first and the last tell of all.
            let code = |rank: usize| self.keys.get(rank).get(depth);
            let open = Open { unit: at, from, to, depth };
            if code(from) == code(to - 1) { &mut self.chains } else { &mut self.open }.push(open);
        }
    }

    fn is_free(&self, at: u32) -> bool {
        self.units.get(at as usize).is_none_or(|unit| unit.parent == FREE)
    }

    /// A new unit at the end of the array, which is not in the ring.
    fn append(&mut self) -> Result<u32, Error> {
        let at = self.units.len() as u32;
        // A quarter of what the indices could tell leaves room for every sum of base and code.
        if at >= u32::MAX / 4 {
            return Err(Error::invalid("vocabulary of the tokenizer is too large"));
        }
        self.units.push(Unit { base: 0, parent: FREE, score: f64::NEG_INFINITY });
        self.ids.push(0);
        self.next.push(0);
        self.previous.push(0);
        Ok(at)
    }

    fn next(&self, at: u32) -> u32 {
        self.next.get(at as usize).copied().unwrap_or_default()
    }

    /// Make `right` follow `left` in the ring.
    fn link(&mut self, left: u32, right: u32) {
        if let Some(next) = self.next.get_mut(left as usize) {
            *next = right;
        }
        if let Some(previous) = self.previous.get_mut(right as usize) {
            *previous = left;
        }
    }

    fn previous(&self, at: u32) -> u32 {
        self.previous.get(at as usize).copied().unwrap_or_default()
    }

    /// Take the free unit `at` out of the ring.
    fn take(&mut self, at: u32) {
        let next = self.next(at);
        if self.hint == Some(at) {
            self.hint = Some(next).filter(|&next| next != 0);
        }
        self.link(self.previous(at), next);
        if let Some(unit) = self.units.get_mut(at as usize) {
            unit.parent = TAKEN;
        }
    }

    fn add_children(&mut self, node: Open) -> Result<(), Error> {
        let mut children = self.children(node.from, node.to, node.depth);
        children.sort_unstable_by_key(|&(code, ..)| code);
        let base = self.place(&children)?;
        if let Some(unit) = self.units.get_mut(node.unit as usize) {
            unit.base = base;
        }
        for child in children {
            let at = base.wrapping_add(child.0);
            self.fill(at, node.unit, child, node.depth + 1);
        }
        Ok(())
    }

    /// A base for which the units of all `children` are free, taken out of the
    /// ring.
    fn place(&mut self, children: &[Child]) -> Result<u32, Error> {
        let (Some(&(first, ..)), Some(&(last, ..))) = (children.first(), children.last()) else {
            return Ok(0);
        };
        let fits = |this: &Self, at: u32| {
            let base = at.wrapping_sub(first);
            children.iter().all(|&(code, ..)| this.is_free(base.wrapping_add(code)))
        };
        let alone = children.len() == 1;
        let mut at = if alone { self.next(0) } else { self.hint.unwrap_or(0) };
        let mut tries = 0;
        while at != 0 && !fits(self, at) {
            at = self.next(at);
            tries += 1;
        }
        if tries >= TRIES {
            self.hint = Some(at).filter(|&at| at != 0);
        }
        let at = if at == 0 { self.units.len() as u32 } else { at };
        let base = at.wrapping_sub(first);
        while self.units.len() <= base.wrapping_add(last) as usize {
            let fresh = self.append()?;
            self.link(self.previous(0), fresh);
            self.link(fresh, 0);
            self.hint = self.hint.or(Some(fresh));
        }
        for &(code, ..) in children {
            self.take(base.wrapping_add(code));
        }
        Ok(base)
    }
}
