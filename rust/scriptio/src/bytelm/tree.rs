//! [`ByteTree`]: the covers of a text that grows byte by byte.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::dist::{Dist, Row};
use super::node::{Known, Node};
use super::sums::log_sum;
use super::{END, Frame, SYMBOLS, Semantics};
use crate::Error;
use crate::vocab::Context;

const ROOT: u64 = 0;

/// What is to be known of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Its probability.
    Mass,
    /// The law of its next byte.
    Next,
}

/// A cover: the number of a token string, and the token that runs past the
/// end of the text, if one does.
pub type Pick = (u64, Option<u32>);

/// The covers of a text, as a tree of token strings.
///
/// It asks ([`needed`](Self::needed)) for distributions behind token strings,
/// takes them ([`supply`](Self::supply)) and answers ([`next`](Self::next),
/// [`log_mass`](Self::log_mass)). Strings have numbers that are never used
/// twice in one tree; [`freed`](Self::freed) tells which are no more.
#[derive(Debug, Clone)]
pub struct ByteTree {
    frame: Arc<Frame>,
    nodes: HashMap<u64, Node>,
    /// Strings that some token still covers, oldest first.
    live: Vec<u64>,
    /// Bytes read.
    length: usize,
    next_id: u64,
    freed: Vec<u64>,
    /// Log-probability of the covers that were dropped.
    dropped: f64,
}

impl ByteTree {
    /// The tree of the empty text.
    pub fn new(frame: Arc<Frame>) -> Self {
        let context = Some(frame.grammar.start());
        let root = Node {
            parent: ROOT,
            token: u32::MAX,
            end: 0,
            context,
            from: 0,
            to: frame.vocab().order().len() as u32,
            step: Some(0.0),
            weight: Some(0.0),
            children: Vec::new(),
            state: Known::Nothing,
        };
        Self {
            frame,
            nodes: HashMap::from([(ROOT, root)]),
            live: vec![ROOT],
            length: 0,
            next_id: ROOT + 1,
            freed: Vec::new(),
            dropped: f64::NEG_INFINITY,
        }
    }

    /// Bytes read.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Token strings kept.
    pub fn contexts(&self) -> usize {
        self.nodes.len()
    }

    /// The token of a string and the number of the string it goes on from;
    /// none for the root, and for numbers that are not in the tree.
    pub fn link(&self, id: u64) -> Option<(u64, u32)> {
        self.nodes.get(&id).filter(|_| id != ROOT).map(|node| (node.parent, node.token))
    }

    /// The tokens of a string.
    pub fn path(&self, id: u64) -> Vec<u32> {
        let mut tokens = Vec::new();
        let mut at = id;
        while let Some((parent, token)) = self.link(at) {
            tokens.push(token);
            at = parent;
        }
        tokens.reverse();
        tokens
    }

    /// Numbers of the strings that were given up since the last call.
    pub fn freed(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.freed)
    }

    /// Read one more byte. The model is not needed for it.
    pub fn push(&mut self, byte: u8) {
        let live = std::mem::take(&mut self.live);
        let mut born = Vec::new();
        for &id in &live {
            self.advance(id, byte, &mut born);
        }
        self.length += 1;
        let stays = |id: &u64| self.nodes.get(id).is_some_and(Node::is_alive);
        let (mut kept, gone): (Vec<u64>, Vec<u64>) = live.into_iter().partition(stays);
        kept.append(&mut born);
        self.live = kept;
        for id in gone {
            self.retire(id);
        }
        self.prune();
    }

    /// Narrows the string `id` to the tokens that go on with `byte`, and
    /// begins a string behind each that ends with it.
    fn advance(&mut self, id: u64, byte: u8, born: &mut Vec<u64>) {
        let frame = Arc::clone(&self.frame);
        let Some(node) = self.nodes.get_mut(&id) else { return };
        let depth = self.length - node.end;
        let (vocab, order) = (frame.vocab(), frame.vocab().order());
        let bytes = |place: u32| {
            let id = order.get(place as usize).copied().unwrap_or(u32::MAX);
            vocab.token_bytes(id).unwrap_or_default()
        };
        let bound = |from: u32, to: u32, least: u16| {
            let (mut from, mut to) = (from, to);
            while from < to {
                let middle = from + (to - from) / 2;
                if bytes(middle).get(depth).is_some_and(|&b| u16::from(b) >= least) {
                    to = middle;
                } else {
                    from = middle + 1;
                }
            }
            from
        };
        let from = bound(node.from, node.to, byte.into());
        let to = bound(from, node.to, u16::from(byte) + 1);
        let mut past = from;
        while past < to && bytes(past).len() == depth + 1 {
            past += 1;
        }
        (node.from, node.to) = (past, to);
        let (context, state, weight) = (node.context, node.state.clone(), node.weight);
        for place in from..past {
            let Some(&token) = order.get(place as usize) else { continue };
            let context = context.filter(|context| frame.grammar.allows(context, token));
            if context.is_none() && frame.policy.semantics != Semantics::All {
                continue;
            }
            let step = match &state {
                Known::Dist(dist) => {
                    let p = dist.of(token);
                    if p <= 0.0 {
                        continue;
                    }
                    Some(p.ln())
                }
                _ => None,
            };
            let context = context.map(|context| frame.grammar.step(&context, token));
            born.push(self.grow(id, token, context, step, weight));
        }
    }

    fn grow(
        &mut self,
        parent: u64,
        token: u32,
        context: Option<Context>,
        step: Option<f64>,
        weight: Option<f64>,
    ) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let node = Node {
            parent,
            token,
            end: self.length + 1,
            context,
            from: 0,
            to: self.frame.vocab().order().len() as u32,
            step,
            weight: weight.zip(step).map(|(weight, step)| weight + step),
            children: Vec::new(),
            state: Known::Nothing,
        };
        self.nodes.insert(id, node);
        if let Some(parent) = self.nodes.get_mut(&parent) {
            parent.children.push(id);
        }
        id
    }

    /// Gives up what no longer covers the text: its distribution, itself if
    /// nothing goes on from it, and what it alone went on from.
    fn retire(&mut self, id: u64) {
        let mut at = id;
        while let Some(node) = self.nodes.get_mut(&at) {
            if node.is_alive() {
                return;
            }
            if matches!(node.state, Known::Dist(_)) {
                node.state = Known::Spent;
            }
            if !node.children.is_empty() || at == ROOT {
                return;
            }
            let parent = node.parent;
            self.nodes.remove(&at);
            self.freed.push(at);
            if let Some(parent) = self.nodes.get_mut(&parent) {
                parent.children.retain(|&child| child != at);
            }
            at = parent;
        }
    }

    /// Drops covers beyond the beam and below the threshold; canonical ones stay.
    fn prune(&mut self) {
        let policy = &self.frame.policy;
        let beam = policy.beam.unwrap_or(usize::MAX);
        if policy.semantics != Semantics::All || (beam == usize::MAX && policy.threshold.is_none())
        {
            return;
        }
        // What is not known yet stays, and is no measure for the rest.
        let masses: Vec<f64> =
            self.live.iter().map(|&id| self.log_mass_of(id).unwrap_or(f64::INFINITY)).collect();
        let known = masses.iter().copied().filter(|mass| mass.is_finite());
        let best = known.fold(f64::NEG_INFINITY, f64::max);
        let least = policy.threshold.map_or(f64::NEG_INFINITY, |t| best + t.ln());
        let mut order: Vec<usize> = (0..self.live.len()).collect();
        order.sort_by(|&a, &b| masses.get(b).partial_cmp(&masses.get(a)).unwrap_or(a.cmp(&b)));
        let (mut free, mut gone) = (0, BTreeSet::new());
        for place in order {
            let (Some(&id), Some(&mass)) = (self.live.get(place), masses.get(place)) else {
                continue;
            };
            let canonical = self.nodes.get(&id).is_some_and(|node| node.context.is_some());
            if canonical || mass == f64::INFINITY {
                continue;
            }
            free += 1;
            if free > beam || mass < least {
                gone.insert(id);
                self.dropped = log_sum([self.dropped, mass].into_iter());
            }
        }
        self.live.retain(|id| !gone.contains(id));
        for id in gone {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.to = node.from;
            }
            self.retire(id);
        }
    }

    /// Log-probability of the covers that go on from the string `id`.
    fn log_mass_of(&self, id: u64) -> Option<f64> {
        let node = self.nodes.get(&id)?;
        let weight = node.weight?;
        if node.end == self.length {
            return Some(weight);
        }
        match &node.state {
            Known::Dist(dist) => Some(weight + dist.mass(&self.frame, node.from, node.to).ln()),
            _ => None,
        }
    }

    /// Token strings whose distributions are needed next, shorter ones first;
    /// none if all is known, or enough of it for the policy's `max_error`.
    /// What they cover is found without the model: the strings of a text that
    /// no token covers any more are not asked for.
    pub fn needed(&self, goal: Needed) -> Vec<u64> {
        if self.frame.policy.max_error > 0.0 {
            return self.needed_for_error(goal);
        }
        let mut found = BTreeSet::new();
        for id in self.open(goal) {
            self.collect_unknown(id, goal, &mut found);
        }
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Live strings whose part in the answer is not known.
    fn open(&self, goal: Needed) -> impl Iterator<Item = u64> {
        self.live.iter().copied().filter(move |&id| {
            self.nodes.get(&id).is_some_and(|node| {
                let here = node.end == self.length && goal == Needed::Mass;
                node.weight != Some(f64::NEG_INFINITY)
                    && (node.weight.is_none() || !(node.is_known() || here))
                    && self.is_possible(node)
            })
        })
    }

    /// Whether some token that may follow covers the text behind `node`.
    fn is_possible(&self, node: &Node) -> bool {
        if node.end == self.length || self.frame.policy.semantics == Semantics::All {
            return true;
        }
        let Some(context) = &node.context else { return true };
        if node.to - node.from < 16 {
            let order = self.frame.vocab().order();
            let tokens = order.get(node.from as usize..node.to as usize).unwrap_or_default();
            return tokens.iter().any(|&token| self.frame.grammar.allows(context, token));
        }
        let mut mask = Vec::new();
        self.frame.grammar.mask(context, &mut mask);
        let tokens = self.frame.vocab().order().get(node.from as usize..node.to as usize);
        let allowed = |id: u32| mask.get(id as usize / 64).is_some_and(|w| w >> (id % 64) & 1 == 1);
        tokens.unwrap_or_default().iter().any(|&id| allowed(id))
    }

    /// Adds `id`, if it must be asked for, and all unknown strings it goes on from.
    fn collect_unknown(&self, id: u64, goal: Needed, found: &mut BTreeSet<(usize, u64)>) {
        let mut at = id;
        while let Some(node) = self.nodes.get(&at) {
            let here = at == id && node.end == self.length && goal == Needed::Mass;
            if !node.is_known() && !here && !found.insert((node.end, at)) {
                return;
            }
            if node.weight.is_some() {
                return; // All that it goes on from is known.
            }
            at = node.parent;
        }
    }

    /// The strings on the edge of what is known, with the log-probability of
    /// all that goes on from each.
    fn edge(&self, goal: Needed) -> HashMap<u64, (f64, Vec<u64>)> {
        let mut edge: HashMap<u64, (f64, Vec<u64>)> = HashMap::new();
        for id in self.open(goal) {
            let mut at = id;
            while let Some(node) = self.nodes.get(&at) {
                if let Some(weight) = node.weight {
                    edge.entry(at).or_insert_with(|| (weight, Vec::new())).1.push(id);
                    break;
                }
                at = node.parent;
            }
        }
        edge
    }

    fn needed_for_error(&self, goal: Needed) -> Vec<u64> {
        let edge = self.edge(goal);
        if self.error_of(&edge, goal) <= self.frame.policy.max_error {
            return Vec::new();
        }
        // The likeliest first; of equals the oldest.
        let best = edge.iter().max_by(|(a, (x, _)), (b, (y, _))| x.total_cmp(y).then(b.cmp(a)));
        let Some((&top, (_, open))) = best else { return Vec::new() };
        let mut found = BTreeSet::new();
        for &id in open {
            // What lies between is of use only with all that leads to the text's end.
            let parent = self.nodes.get(&id).map_or(ROOT, |node| node.parent);
            if id != top {
                self.collect_unknown(parent, Needed::Next, &mut found);
            }
        }
        if let Some(node) = self.nodes.get(&top) {
            found.insert((node.end, top));
        }
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn error_of(&self, edge: &HashMap<u64, (f64, Vec<u64>)>, goal: Needed) -> f64 {
        let unknown = edge.values().map(|(weight, _)| *weight);
        let lost = log_sum(unknown.chain([self.dropped]));
        let known = self.known_mass(goal);
        if lost == f64::NEG_INFINITY {
            return 0.0;
        }
        1.0 / (1.0 + (known - lost).exp())
    }

    /// Log-probability of the covers that are known well enough for `goal`.
    fn known_mass(&self, goal: Needed) -> f64 {
        log_sum(self.live.iter().filter_map(|&id| {
            let node = self.nodes.get(&id)?;
            // At the text's end the weight alone says nothing of the next byte.
            let enough = node.is_known() || goal == Needed::Mass || node.end < self.length;
            enough.then(|| self.log_mass_of(id))?
        }))
    }

    /// Largest total variation between [`next`](Self::next) and the law that
    /// all covers together would give: the share of what was not asked for,
    /// or dropped (section "certified lazy" of the project's documentation).
    pub fn certificate(&self) -> f64 {
        self.error_of(&self.edge(Needed::Next), Needed::Next)
    }

    /// Take the log-probabilities of the next token behind the string `id`.
    ///
    /// # Errors
    /// If `id` is not in the tree, or the row is no distribution.
    pub fn supply(&mut self, id: u64, row: Row<'_>) -> Result<(), Error> {
        let Some(node) = self.nodes.get(&id) else {
            return Err(Error::invalid(format!("token string {id} is not in the tree")));
        };
        let dist = self.frame.dist(node.context.as_ref(), row)?;
        let (children, alive) = (node.children.clone(), node.is_alive());
        for child in children {
            if let Some(child) = self.nodes.get_mut(&child) {
                child.step = Some(dist.of(child.token).ln());
            }
        }
        if let Some(node) = self.nodes.get_mut(&id) {
            node.state = if alive { Known::Dist(Arc::new(dist)) } else { Known::Spent };
        }
        self.weigh(id);
        Ok(())
    }

    /// Carries the weight of `id` to all that goes on from it by known steps.
    fn weigh(&mut self, id: u64) {
        let mut stack = vec![id];
        while let Some(at) = stack.pop() {
            let Some(node) = self.nodes.get(&at) else { continue };
            let Some(weight) = node.weight else { continue };
            for child in node.children.clone() {
                let Some(child_node) = self.nodes.get_mut(&child) else { continue };
                if let (Some(step), None) = (child_node.step, child_node.weight) {
                    child_node.weight = Some(weight + step);
                    stack.push(child);
                }
            }
        }
    }

    /// Log-probability of the text: that a text begins with it. Where strings
    /// were not asked for or were dropped it is a lower bound.
    pub fn log_mass(&self) -> f64 {
        log_sum(self.live.iter().filter_map(|&id| self.log_mass_of(id)))
    }

    /// Log-probability that the text is this and ends here.
    pub fn log_end(&self) -> f64 {
        log_sum(self.live.iter().filter_map(|&id| {
            let node = self.nodes.get(&id).filter(|node| node.end == self.length)?;
            let Known::Dist(dist) = &node.state else { return None };
            Some(node.weight? + dist.end.ln())
        }))
    }

    /// Log-probabilities of the next byte, and at [`END`] of the end of the
    /// text, given the text. They sum to 1.
    ///
    /// # Errors
    /// If the model gives no probability to the text, or nothing is known of it.
    pub fn next(&self) -> Result<Vec<f64>, Error> {
        let top = self.live.iter().filter_map(|&id| {
            let node = self.nodes.get(&id)?;
            matches!(node.state, Known::Dist(_)).then_some(node.weight)?
        });
        let top = top.fold(f64::NEG_INFINITY, f64::max);
        let mut out = vec![0.0; SYMBOLS];
        for id in &self.live {
            let Some(node) = self.nodes.get(id) else { continue };
            if let (Known::Dist(dist), Some(weight)) = (&node.state, node.weight) {
                self.add_next(node, dist, (weight - top).exp(), &mut out);
            }
        }
        let total: f64 = out.iter().sum();
        if total.is_nan() || total <= 0.0 {
            return Err(Error::invalid(format!(
                "the model gives no probability to the {} bytes read; expected a text that its \
                 tokens can write",
                self.length
            )));
        }
        let total = total.ln();
        for p in &mut out {
            *p = p.ln() - total;
        }
        Ok(out)
    }

    fn add_next(&self, node: &Node, dist: &Dist, weight: f64, out: &mut [f64]) {
        let depth = self.length - node.end;
        let mut add = |symbol: usize, mass: f64| {
            if let Some(to) = out.get_mut(symbol) {
                *to += weight * mass;
            }
        };
        if depth == 0 {
            add(END, dist.end);
            for byte in 0..=u8::MAX {
                add(byte.into(), dist.of_first(byte));
            }
            return;
        }
        let vocab = self.frame.vocab();
        let byte_at = |place: u32| {
            let id = vocab.order().get(place as usize)?;
            vocab.token_bytes(*id)?.get(depth).copied()
        };
        let mut from = node.from;
        while from < node.to {
            let Some(byte) = byte_at(from) else { break };
            let (mut low, mut high) = (from + 1, node.to);
            while low < high {
                let middle = low + (high - low) / 2;
                if byte_at(middle) == Some(byte) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            add(usize::from(byte), dist.mass(&self.frame, from, low));
            from = low;
        }
    }

    /// All covers that are known, with their log-probabilities.
    pub fn covers(&self) -> Vec<(Pick, f64)> {
        let mut out = Vec::new();
        for &id in &self.live {
            let Some(node) = self.nodes.get(&id) else { continue };
            let Some(weight) = node.weight else { continue };
            if node.end == self.length {
                out.push(((id, None), weight));
                continue;
            }
            let Known::Dist(dist) = &node.state else { continue };
            let places = node.from as usize..node.to as usize;
            for &token in self.frame.vocab().order().get(places).unwrap_or_default() {
                let p = dist.of(token);
                if p > 0.0 {
                    out.push(((id, Some(token)), weight + p.ln()));
                }
            }
        }
        out
    }

    /// The cover at the share `at`, from 0 to 1, of all that is known: with a
    /// uniform `at`, each comes with its probability given the text.
    pub fn pick(&self, at: f64) -> Option<Pick> {
        let covers = self.covers();
        let top = covers.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = covers.iter().map(|(_, log)| (log - top).exp()).sum();
        let mut left = at * total;
        for (pick, log) in &covers {
            left -= (log - top).exp();
            if left < 0.0 {
                return Some(*pick);
            }
        }
        covers.last().map(|(pick, _)| *pick)
    }

    /// Whether `tokens` is a cover of the text, as far as the grammar knows:
    /// the model is not asked.
    pub fn is_cover(&self, tokens: &[u32]) -> bool {
        let Some((&last, before)) = tokens.split_last() else { return self.length == 0 };
        let place = self.frame.vocab().rank(last);
        self.live.iter().any(|&id| {
            let Some(node) = self.nodes.get(&id) else { return false };
            if node.end == self.length {
                return self.path(id) == tokens;
            }
            (node.from..node.to).contains(&place)
                && self.path(id) == before
                && (node.context.as_ref())
                    .is_none_or(|context| self.frame.grammar.allows(context, last))
        })
    }
}
