//! The personal touch: results move a little, never far, and never past an exact hit.

/// Most places a result moves, up or down.
pub const MAX_MOVE: usize = 3;

/// Reorders `ranked` by affinity (0 to 1), each result by at most [`MAX_MOVE`] places and only among its equals.
///
/// `group` names what a result may not leave; `None` pins it where it is. Returns the results with the places each
/// moved up. With affinity 0 everywhere the order is the one given.
pub(crate) fn personalise<T, G: PartialEq>(
    ranked: Vec<T>,
    group: impl Fn(&T) -> Option<G>,
    affinity: impl Fn(&T) -> f32,
) -> Vec<(T, i8)> {
    let mut keyed: Vec<(usize, f64, T)> = Vec::with_capacity(ranked.len());
    let mut out = Vec::with_capacity(ranked.len());
    let mut running: Option<G> = None;
    for (rank, result) in ranked.into_iter().enumerate() {
        let now = group(&result);
        if now != running {
            flush(&mut keyed, &mut out);
            running = now;
        }
        let wish = if running.is_some() { f64::from(affinity(&result)) } else { 0.0 };
        let wish = if wish.is_finite() { wish.clamp(0.0, 1.0) } else { 0.0 };
        // Half a place more than the bound: full affinity passes the third result above, never the fourth.
        let key = rank as f64 - wish * (MAX_MOVE as f64 + 0.5);
        keyed.push((rank, key, result));
    }
    flush(&mut keyed, &mut out);
    out
}

fn flush<T>(keyed: &mut Vec<(usize, f64, T)>, out: &mut Vec<(T, i8)>) {
    keyed.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    for (rank, _, result) in keyed.drain(..) {
        let moved = rank as i64 - out.len() as i64;
        out.push((result, i8::try_from(moved).unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn full_affinity_climbs_three_places_and_no_further() {
        let moved =
            personalise((0..6).collect(), |_| Some(()), |&n| if n == 5 { 1.0 } else { 0.0 });
        assert_eq!(moved.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1, 5, 2, 3, 4]);
        assert_eq!(moved[2].1, 3);
    }

    #[test]
    fn nothing_passes_a_pinned_result() {
        let pinned = |&n: &i32| (n != 0).then_some(());
        let moved = personalise((0..4).collect(), pinned, |&n| if n == 1 { 1.0 } else { 0.0 });
        assert_eq!(moved[0].0, 0);
    }

    proptest! {
        #[test]
        fn nobody_is_lost_and_nobody_moves_more_than_three(
            wishes in proptest::collection::vec(proptest::num::f32::ANY, 0..40),
            groups in proptest::collection::vec(0_u8..3, 40),
        ) {
            let mut order: Vec<usize> = (0..wishes.len()).collect();
            order.sort_by_key(|&n| groups[n]);
            let group = |&n: &usize| (groups[n] > 0).then_some(groups[n]);
            let moved = personalise(order.clone(), group, |&n| wishes[n]);
            let mut seen: Vec<usize> = moved.iter().map(|(n, _)| *n).collect();
            for (at, (n, by)) in moved.iter().enumerate() {
                let before = order.iter().position(|m| m == n).unwrap();
                prop_assert!(before.abs_diff(at) <= MAX_MOVE);
                prop_assert_eq!(before as i64 - at as i64, i64::from(*by));
                if groups[*n] == 0 {
                    prop_assert_eq!(before, at);
                }
            }
            seen.sort_unstable();
            order.sort_unstable();
            prop_assert_eq!(seen, order);
        }
    }
}
