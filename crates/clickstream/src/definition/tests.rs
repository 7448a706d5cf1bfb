//! The built-in definitions prove themselves, and wrong ones are refused by name.

use super::*;

#[test]
fn the_built_in_definitions_pass_their_own_tests() {
    assert!(Definitions::built_in().unwrap().validate().unwrap() >= 13);
}
