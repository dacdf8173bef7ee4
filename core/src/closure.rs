//! Which node of a graph leads to which, through whatever lies between.

/// A graph's transitive closure: a row of bits a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closure {
    rows: Vec<Vec<u64>>,
}

impl Closure {
    /// The closure of a graph, whose nodes are the places in `direct` and whose edges go to what stands there.
    ///
    /// What an edge leads to comes first, so that one pass does where there is no circle; a circle takes some more.
    pub(crate) fn of(direct: &[Vec<usize>]) -> Self {
        let words = direct.len().div_ceil(64);
        let mut rows: Vec<Vec<u64>> = vec![Vec::new(); direct.len()];
        let order = targets_first(direct);
        let mut has_changed = true;
        while std::mem::take(&mut has_changed) {
            // Most of a large template lead nowhere: they need no row.
            for at in order.iter().filter(|at| direct.get(**at).is_some_and(|targets| !targets.is_empty())) {
                let mut row = vec![0_u64; words];
                for target in direct.get(*at).into_iter().flatten() {
                    if let Some(word) = row.get_mut(target / 64) {
                        *word |= 1 << (target % 64);
                    }
                    let of_target = rows.get(*target).map_or(&[][..], Vec::as_slice);
                    row.iter_mut().zip(of_target).for_each(|(word, more)| *word |= more);
                }
                if let Some(slot) = rows.get_mut(*at).filter(|slot| **slot != row) {
                    *slot = row;
                    has_changed = true;
                }
            }
        }
        Self { rows }
    }

    /// Whether a way of at least one step leads from one node to another.
    pub(crate) fn leads(&self, from: usize, to: usize) -> bool {
        self.rows.get(from).and_then(|row| row.get(to / 64)).is_some_and(|word| word >> (to % 64) & 1 == 1)
    }

    /// All nodes that a node leads to, in their order.
    pub(crate) fn from(&self, node: usize) -> impl Iterator<Item = usize> {
        let words = self.rows.get(node).into_iter().flatten().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}

/// All nodes, each behind what it leads to, as far as no circle forbids.
fn targets_first(direct: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut is_seen = vec![false; direct.len()];
    for start in 0..direct.len() {
        let mut open = vec![(start, false)];
        while let Some((at, is_ready)) = open.pop() {
            if is_ready {
                order.push(at);
            } else if let Some(seen) = is_seen.get_mut(at).filter(|seen| !**seen) {
                *seen = true;
                open.push((at, true));
                open.extend(direct.get(at).into_iter().flatten().map(|next| (*next, false)));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::Closure;

    #[test]
    fn a_circle_leads_everywhere_that_one_of_it_leads() {
        // 0 and 1 are a circle that 2 leads into and 3 is behind; 70 more stand alone.
        let mut direct = vec![vec![1], vec![0, 3], vec![0], Vec::new()];
        direct.resize(74, Vec::new());
        let closure = Closure::of(&direct);
        assert_eq!(closure.from(0).collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(closure.from(2).collect::<Vec<_>>(), [0, 1, 3]);
        assert!(!closure.leads(3, 0) && closure.from(73).next().is_none());
    }
}
