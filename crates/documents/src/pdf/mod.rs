//! Sheets of paper: blocks are laid out from top to bottom, and each is at once a node of the structure that is read aloud.
//!
//! A sheet is first a list of marks per page and a tree of roles; only [`Sheet::finish`] makes a PDF of it. What a page shows beyond its
//! content (rules, page numbers) is marked as an artifact.

mod font;
mod html;
mod write;

pub(crate) use font::Weight;
use font::{shown, width, wrapped};

/// A4 in points.
const PAPER: (f32, f32) = (595.28, 841.89);
/// Distance of lines, as a part of the size.
const LEADING: f32 = 1.22;
/// Space in a cell beside its text.
const CELL: f32 = 3.0;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// More pages than the document may have.
    #[error("the document has {0} pages, and may have {1}")]
    TooLong(usize, usize),
    /// The writer refused: a rule of PDF/A or PDF/UA is broken.
    #[error("the PDF breaks its standard: {0}")]
    Standard(String),
}

/// What a node of the structure is.
#[derive(Debug, Clone, PartialEq)]
enum Role {
    Heading(u16, String),
    Paragraph,
    Table,
    TableHead,
    TableBody,
    Row,
    HeaderCell,
    Cell,
    /// Page, corner and side of a square, and what it is in words.
    Figure(usize, (f32, f32), f32, String),
}

#[derive(Debug, Clone, PartialEq)]
enum Element {
    Group(Role, Vec<Element>),
    /// Marks with this number.
    Leaf(usize),
}

#[derive(Debug, Clone, PartialEq)]
enum Mark {
    Text { at: (f32, f32), text: String, size: f32, weight: Weight, leaf: Option<usize> },
    Rule { at: (f32, f32), width: f32 },
    Squares { at: (f32, f32), side: f32, squares: Vec<(usize, usize)>, leaf: usize },
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) weight: Weight,
}

impl Style {
    pub(crate) const fn regular(size: f32) -> Self {
        Self { size, weight: Weight::Regular }
    }

    pub(crate) const fn bold(size: f32) -> Self {
        Self { size, weight: Weight::Bold }
    }

    fn leading(self) -> f32 {
        self.size * LEADING
    }
}

/// A table: widths are parts of the page's.
pub(crate) struct Table {
    pub(crate) widths: Vec<f32>,
    /// Columns whose text ends at the right.
    pub(crate) right: Vec<bool>,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// Rows that are set bold, from the end.
    pub(crate) bold_last: usize,
    pub(crate) size: f32,
}

/// What a PDF says of itself, and the file within it.
pub(crate) struct About<'a> {
    pub(crate) title: String,
    pub(crate) author: &'a str,
    pub(crate) language: &'static str,
    pub(crate) date: jiff::civil::Date,
    /// Name, description and bytes of an XML file that says the same.
    pub(crate) attachment: Option<(String, &'static str, Vec<u8>)>,
    /// Word before the page number; none on a document of one page.
    pub(crate) page: &'static str,
}

pub(crate) struct Sheet {
    margin: f32,
    pages: Vec<Vec<Mark>>,
    /// From the top of the page.
    y: f32,
    tree: Vec<Element>,
    /// Text, page and place.
    outline: Vec<(String, usize, f32)>,
    leaves: usize,
}

impl Sheet {
    pub(crate) fn new(margin: f32) -> Self {
        Self { margin, pages: vec![Vec::new()], y: margin, tree: Vec::new(), outline: Vec::new(), leaves: 0 }
    }

    pub(crate) fn room(&self) -> f32 {
        PAPER.0 - 2.0 * self.margin
    }

    /// Where the next block begins, from the top.
    pub(crate) fn place(&self) -> f32 {
        self.y
    }

    pub(crate) fn move_to(&mut self, y: f32) {
        self.y = y;
    }

    pub(crate) fn space(&mut self, points: f32) {
        self.y += points;
    }

    /// Begins a page where `height` does not fit on this one.
    pub(crate) fn keep(&mut self, height: f32) {
        if self.y + height > PAPER.1 - self.margin {
            self.pages.push(Vec::new());
            self.y = self.margin;
        }
    }

    /// How many pages there are so far.
    pub(crate) fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// The lines of text on the pages, in the order in which they were set.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flatten().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            Mark::Rule { .. } | Mark::Squares { .. } => None,
        })
    }

    fn leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    fn mark(&mut self, mark: Mark) {
        self.pages.last_mut().expect("there is a page").push(mark);
    }

    /// Sets lines from `(x, y)` down; returns the leaf they are and where they end.
    fn lines(
        &mut self,
        lines: Vec<String>,
        at: (f32, f32),
        room: f32,
        style: Style,
        right: bool,
    ) -> (usize, f32) {
        let leaf = self.leaf();
        let (mut y, weight) = (at.1, style.weight);
        for text in lines {
            let indent = if right { room - width(text.trim_end(), weight, style.size) } else { 0.0 };
            let baseline = y + style.size;
            self.mark(Mark::Text {
                at: (at.0 + indent, baseline),
                text,
                size: style.size,
                weight,
                leaf: Some(leaf),
            });
            y += style.leading();
        }
        (leaf, y)
    }

    pub(crate) fn heading(&mut self, level: u16, text: &str, size: f32) {
        let style = Style::bold(size);
        let lines = wrapped(text, style.weight, size, self.room());
        // Not alone at the foot of a page.
        self.keep(style.leading() * (lines.len() as f32 + 2.0));
        self.outline.push((text.to_owned(), self.pages.len() - 1, self.y));
        let (leaf, y) = self.lines(lines, (self.margin, self.y), self.room(), style, false);
        self.y = y + size * 0.2;
        self.tree.push(Element::Group(Role::Heading(level, text.to_owned()), vec![Element::Leaf(leaf)]));
    }

    pub(crate) fn paragraph(&mut self, text: &str, style: Style) {
        self.paragraph_in(text, style, 0.0, self.room());
    }

    /// A paragraph from `x` on, `room` wide.
    pub(crate) fn paragraph_in(&mut self, text: &str, style: Style, x: f32, room: f32) {
        let lines = wrapped(text, style.weight, style.size, room);
        self.keep(style.leading() * lines.len() as f32);
        let (leaf, y) = self.lines(lines, (self.margin + x, self.y), room, style, false);
        self.y = y;
        self.tree.push(Element::Group(Role::Paragraph, vec![Element::Leaf(leaf)]));
    }

    pub(crate) fn rule(&mut self) {
        let (at, width) = ((self.margin, self.y), self.room());
        self.mark(Mark::Rule { at, width });
        self.y += 3.0;
    }

    pub(crate) fn table(&mut self, table: &Table) {
        let head = self.row(table, &table.head, Style::bold(table.size), true);
        let mut body = Vec::new();
        for (at, row) in table.rows.iter().enumerate() {
            let bold = table.rows.len() - at <= table.bold_last;
            let style = if bold { Style::bold(table.size) } else { Style::regular(table.size) };
            body.push(self.row(table, row, style, false));
        }
        let groups = vec![Element::Group(Role::TableHead, vec![head]), Element::Group(Role::TableBody, body)];
        self.tree.push(Element::Group(Role::Table, groups));
    }

    fn row(&mut self, table: &Table, cells: &[String], style: Style, head: bool) -> Element {
        let room = self.room();
        let cell_room = |part: f32| part * room - 2.0 * CELL;
        let wrapped_cells: Vec<Vec<String>> = cells
            .iter()
            .zip(&table.widths)
            .map(|(text, part)| wrapped(text, style.weight, style.size, cell_room(*part)))
            .collect();
        let tallest = wrapped_cells.iter().map(Vec::len).max().unwrap_or(1);
        let height = tallest as f32 * style.leading() + CELL;
        self.keep(height);
        let (top, mut x) = (self.y, self.margin);
        let mut group = Vec::new();
        for ((lines, part), right) in wrapped_cells.into_iter().zip(&table.widths).zip(&table.right) {
            let (leaf, _) = self.lines(lines, (x + CELL, top), cell_room(*part), style, *right);
            let role = if head { Role::HeaderCell } else { Role::Cell };
            group.push(Element::Group(role, vec![Element::Leaf(leaf)]));
            x += part * room;
        }
        self.y = top + height - CELL / 2.0;
        self.mark(Mark::Rule { at: (self.margin, self.y), width: room });
        self.y += CELL / 2.0;
        Element::Group(Role::Row, group)
    }

    /// A figure of `side` points at `x` beside what follows, drawn as squares of a grid.
    pub(crate) fn figure(
        &mut self,
        grid: usize,
        squares: Vec<(usize, usize)>,
        x: f32,
        side: f32,
        words: &str,
    ) {
        self.keep(side);
        let at = (self.margin + x, self.y);
        let leaf = self.leaf();
        let page = self.pages.len() - 1;
        self.mark(Mark::Squares { at, side: side / grid.max(1) as f32, squares, leaf });
        let role = Role::Figure(page, at, side, words.to_owned());
        self.tree.push(Element::Group(role, vec![Element::Leaf(leaf)]));
    }

    /// The bytes, and how many pages they are.
    pub(crate) fn finish(mut self, about: About<'_>, pages_max: usize) -> Result<Vec<u8>, PdfError> {
        let pages = self.pages.len();
        if pages > pages_max {
            return Err(PdfError::TooLong(pages, pages_max));
        }
        if pages > 1 {
            let style = Style::regular(8.0);
            for (at, marks) in self.pages.iter_mut().enumerate() {
                let text = shown(&format!("{} {} / {pages}", about.page, at + 1), style.weight);
                let x = PAPER.0 - self.margin - width(&text, style.weight, style.size);
                let at = (x, PAPER.1 - self.margin / 2.0);
                marks.push(Mark::Text { at, text, size: style.size, weight: style.weight, leaf: None });
            }
        }
        write::pdf(self, about)
    }
}
