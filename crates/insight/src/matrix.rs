//! Our sparse matrix: compressed rows, `u32` columns, `f32` values, rows sorted by column.

mod panel;

pub use panel::LANES;

/// A sparse matrix in compressed-row form.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    columns: usize,
    offsets: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f32>,
}

impl Csr {
    /// From `(row, column, value)` in any order; repeated cells are summed in order of value, so the result does not
    /// depend on the order given. Cells outside the shape are left out.
    pub fn from_triplets(rows: usize, columns: usize, mut triplets: Vec<(u32, u32, f32)>) -> Self {
        triplets.retain(|cell| (cell.0 as usize) < rows && (cell.1 as usize) < columns);
        triplets.sort_unstable_by_key(|cell| (cell.0, cell.1, cell.2.to_bits()));
        triplets.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        let mut offsets = vec![0_usize; rows + 1];
        for cell in &triplets {
            offsets[cell.0 as usize + 1] += 1;
        }
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }
        Self {
            columns,
            offsets,
            indices: triplets.iter().map(|cell| cell.1).collect(),
            values: triplets.iter().map(|cell| cell.2).collect(),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of stored cells.
    pub fn stored(&self) -> usize {
        self.indices.len()
    }

    /// Columns and values of a row.
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.offsets[row]..self.offsets[row + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    /// Stored cells in a row.
    pub fn row_len(&self, row: usize) -> usize {
        self.offsets[row + 1] - self.offsets[row]
    }

    /// The transpose.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut offsets = vec![0_usize; self.columns + 1];
        for &column in &self.indices {
            offsets[column as usize + 1] += 1;
        }
        for column in 0..self.columns {
            offsets[column + 1] += offsets[column];
        }
        let mut next = offsets.clone();
        let mut indices = vec![0_u32; self.indices.len()];
        let mut values = vec![0_f32; self.values.len()];
        for row in 0..self.rows() {
            let (columns, cells) = self.row(row);
            for (&column, &value) in columns.iter().zip(cells) {
                let position = next[column as usize];
                next[column as usize] += 1;
                indices[position] = row as u32;
                values[position] = value;
            }
        }
        Self { columns: self.rows(), offsets, indices, values }
    }

    /// The same cells with other values.
    #[must_use]
    pub fn map(&self, value: impl Fn(usize, u32, f32) -> f32) -> Self {
        let mut mapped = self.clone();
        for row in 0..self.rows() {
            for position in self.offsets[row]..self.offsets[row + 1] {
                mapped.values[position] = value(row, self.indices[position], self.values[position]);
            }
        }
        mapped
    }

    /// Sum of each row.
    pub fn row_sums(&self) -> Vec<f32> {
        (0..self.rows()).map(|row| self.row(row).1.iter().sum()).collect()
    }
}

#[cfg(test)]
mod tests;
