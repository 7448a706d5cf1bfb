//! Tests of the delivery states.

use proptest::prelude::*;

use super::*;

fn any_state() -> impl Strategy<Value = State> {
    proptest::sample::select(State::every())
}

#[test]
fn every_state_survives_storage() {
    for state in State::every() {
        assert_eq!(State::from_parts(state.as_str(), state.reason()), Some(state));
    }
    assert_eq!(State::from_parts("failed", "because"), None);
    assert_eq!(State::from_parts("lost", ""), None);
}

#[test]
fn nothing_follows_a_terminal_state_and_something_follows_every_other() {
    for state in State::every() {
        let followers = State::every().into_iter().filter(|next| state.can_become(*next)).count();
        assert_eq!(state.is_terminal(), followers == 0, "{state:?}");
    }
}

#[test]
fn expiry_is_an_allowed_last_step() {
    for state in State::every() {
        let end = state.at_expiry();
        assert!(end.is_terminal(), "{state:?}");
        assert!(state == end || state.can_become(end), "{state:?} to {end:?}");
    }
}

proptest! {
    /// Whatever is tried in whatever order: one terminal state, reached once, never left.
    #[test]
    fn a_delivery_ends_in_exactly_one_terminal_state(tries in proptest::collection::vec(any_state(), 0..40)) {
        let mut state = State::Queued;
        let mut ends = 0;
        for next in tries {
            if state.can_become(next) {
                prop_assert!(!state.is_terminal());
                state = next;
                ends += usize::from(state.is_terminal());
            }
        }
        if !state.is_terminal() {
            state = state.at_expiry();
            ends += 1;
        }
        prop_assert!(state.is_terminal());
        prop_assert_eq!(ends, 1);
    }
}
