//! Tests of the sparse matrix.

use proptest::prelude::*;

use super::*;

fn cells() -> impl Strategy<Value = Vec<(u32, u32, f32)>> {
    proptest::collection::vec((0_u32..12, 0_u32..9, 1_u8..9), 0..80).prop_map(|cells| {
        cells.into_iter().map(|(row, column, value)| (row, column, f32::from(value))).collect()
    })
}

proptest! {
    #[test]
    fn every_cell_is_kept_once_and_summed(cells in cells()) {
        let matrix = Csr::from_triplets(12, 9, cells.clone());
        let mut dense = [[0_f32; 9]; 12];
        for (row, column, value) in &cells {
            dense[*row as usize][*column as usize] += value;
        }
        let mut stored = 0;
        for (row, expected) in dense.iter().enumerate() {
            let (columns, values) = matrix.row(row);
            prop_assert!(columns.is_sorted_by(|a, b| a < b));
            stored += columns.len();
            for (&column, &value) in columns.iter().zip(values) {
                prop_assert!((expected[column as usize] - value).abs() < 1e-6);
            }
        }
        prop_assert_eq!(stored, dense.iter().flatten().filter(|cell| **cell > 0.0).count());
    }

    #[test]
    fn the_transpose_of_the_transpose_is_the_matrix(cells in cells()) {
        let matrix = Csr::from_triplets(12, 9, cells);
        prop_assert_eq!(matrix.transpose().transpose(), matrix);
    }

    #[test]
    fn the_order_of_triplets_does_not_matter(cells in cells()) {
        let mut reversed = cells.clone();
        reversed.reverse();
        prop_assert_eq!(Csr::from_triplets(12, 9, cells), Csr::from_triplets(12, 9, reversed));
    }
}

#[test]
fn cells_outside_the_shape_are_left_out() {
    let matrix = Csr::from_triplets(2, 2, vec![(0, 0, 1.0), (5, 0, 1.0), (0, 5, 1.0)]);
    assert_eq!((matrix.rows(), matrix.columns(), matrix.stored()), (2, 2, 1));
}
