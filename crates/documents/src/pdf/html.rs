//! The same sheet as a page of HTML: the structure that is read aloud from the PDF, for whoever reads in a browser, at any size.

use std::fmt::Write as _;

use super::{Element, Mark, Role, Sheet};
use crate::xml::escaped;

const STYLE: &str = "body{font:1rem/1.5 sans-serif;margin:0 auto;max-width:60em;padding:1em}\
body.large{font-size:1.5rem}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #767676;\
padding:.3em .5em;text-align:left;vertical-align:top}svg{height:auto;max-width:12em;width:100%}\
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}svg{background:#fff}}";

impl Sheet {
    /// A page in a language; `is_large` begins it in large print.
    pub(crate) fn html(&self, title: &str, language: &str, is_large: bool) -> String {
        let mut leaves: Vec<Leaf<'_>> = vec![Leaf::default(); self.leaves];
        for mark in self.pages.iter().flatten() {
            match mark {
                Mark::Text { text, leaf: Some(leaf), .. } => leaves[*leaf].text.push_str(text),
                Mark::Squares { squares, leaf, .. } => leaves[*leaf].squares = squares,
                Mark::Text { .. } | Mark::Rule { .. } => {}
            }
        }
        let mut body = String::new();
        for element in &self.tree {
            write(element, &leaves, &mut body);
        }
        let class = if is_large { " class=\"large\"" } else { "" };
        format!(
            "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{STYLE}</style></head>\n<body{class}><main>\n{body}</main></body></html>\n",
            escaped(title)
        )
    }
}

/// What a leaf of the structure shows.
#[derive(Clone, Default)]
struct Leaf<'s> {
    /// Its lines; each ends with the blank it was broken at.
    text: String,
    squares: &'s [(usize, usize)],
}

fn write(element: &Element, leaves: &[Leaf<'_>], out: &mut String) {
    let (role, children) = match element {
        Element::Group(role, children) => (role, children),
        Element::Leaf(leaf) => {
            out.push_str(&escaped(leaves[*leaf].text.trim_end()));
            return;
        }
    };
    if let Role::Figure(_, _, _, words) = role {
        let of = |child: &Element| match child {
            Element::Leaf(leaf) => leaves[*leaf].squares,
            Element::Group(..) => &[],
        };
        figure(words, children.first().map_or(&[], of), out);
        return;
    }
    let (open, close) = match role {
        Role::Heading(1, _) => ("<h1>", "</h1>\n"),
        Role::Heading(..) => ("<h2>", "</h2>\n"),
        Role::Paragraph => ("<p>", "</p>\n"),
        Role::Table => ("<table>", "</table>\n"),
        Role::TableHead => ("<thead>", "</thead>\n"),
        Role::TableBody => ("<tbody>", "</tbody>"),
        Role::Row => ("<tr>", "</tr>\n"),
        Role::HeaderCell => ("<th scope=\"col\">", "</th>"),
        Role::Cell | Role::Figure(..) => ("<td>", "</td>"),
    };
    out.push_str(open);
    for child in children {
        write(child, leaves, out);
    }
    out.push_str(close);
}

/// Squares of a grid, with the quiet zone that telephones need around a code (ISO/IEC 18004 §9.1: four squares).
fn figure(words: &str, squares: &[(usize, usize)], out: &mut String) {
    let side = squares.iter().map(|(x, y)| x.max(y) + 1).max().unwrap_or(0) + 8;
    let mut path = String::new();
    for (x, y) in squares {
        let _ = write!(path, "M{} {}h1v1h-1z", x + 4, y + 4);
    }
    let words = escaped(words);
    let _ = writeln!(
        out,
        "<svg role=\"img\" aria-label=\"{words}\" viewBox=\"0 0 {side} {side}\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    );
}
