//! The measured table: what, its target, what came out.

/// Rows to print at the end.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 3]>,
}

impl Table {
    /// Adds a row; `target` is empty where a number only explains another.
    pub(crate) fn row(&mut self, what: &str, target: &str, measured: impl Into<String>) {
        self.rows.push([what.to_owned(), target.to_owned(), measured.into()]);
    }

    /// Prints the rows as a Markdown table.
    #[expect(clippy::print_stdout, reason = "the table is a bench's output")]
    pub(crate) fn print(&self) {
        println!("| what | target | measured |\n|---|---|---|");
        for [what, target, measured] in &self.rows {
            println!("| {what} | {target} | {measured} |");
        }
    }
}
