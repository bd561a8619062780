//! A sheet made into a PDF that is an archive (PDF/A-3a) and accessible (PDF/UA-1) at once.

use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::configure::ConfigurationBuilder;
use krilla::configure::validate::{Accessibility, Archival};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, BBox, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagKind, TagTree,
};
use krilla::{Document, SerializeSettings};

use super::font::{font, glyphs};
use super::{About, Element, Mark, PAPER, PdfError, Role, Sheet};

/// Grey of rules.
const RULE: (u8, u8, u8) = (150, 150, 150);

pub(super) fn pdf(sheet: Sheet, about: About<'_>) -> Result<Vec<u8>, PdfError> {
    let standards = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Standard(format!("{error:?}")))?;
    let settings =
        SerializeSettings { configuration: standards, enable_tagging: true, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let mut leaves: Vec<Vec<Identifier>> = vec![Vec::new(); sheet.leaves];
    for marks in &sheet.pages {
        let paper = PageSettings::from_wh(PAPER.0, PAPER.1).expect("A4 is a size");
        let mut page = document.start_page_with(paper);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark, &mut leaves);
        }
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new().with_lang(Some(about.language.to_owned()));
    for element in sheet.tree {
        tree.push(node(element, &mut leaves));
    }
    document.set_tag_tree(tree);
    let mut outline = Outline::new();
    for (text, page, y) in sheet.outline {
        outline.push_child(OutlineNode::new(text, XyzDestination::new(page, Point::from_xy(0.0, y))));
    }
    document.set_outline(outline);
    describe(&mut document, about);
    document.finish().map_err(|error| PdfError::Standard(format!("{error:?}")))
}

fn describe(document: &mut Document, about: About<'_>) {
    let date = DateTime::new(about.date.year().unsigned_abs())
        .month(about.date.month().unsigned_abs())
        .day(about.date.day().unsigned_abs())
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    if let Some((path, description, data)) = about.attachment {
        document.embed_file(EmbeddedFile {
            path,
            mime_type: MimeType::new("text/xml"),
            description: Some(description.to_owned()),
            association_kind: AssociationKind::Alternative,
            data: data.into(),
            modification_date: Some(date),
            compress: None,
            location: None,
        });
    }
    document.set_metadata(
        Metadata::new()
            .title(about.title)
            .authors(vec![about.author.to_owned()])
            .creator("flexio".to_owned())
            .producer("flexio".to_owned())
            .language(about.language.to_owned())
            .creation_date(date),
    );
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, leaves: &mut [Vec<Identifier>]) {
    match mark {
        Mark::Text { at, text, size, weight, leaf } => {
            let tag = match leaf {
                Some(_) => ContentTag::Span(SpanTag::empty()),
                None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PageNumber)),
            };
            let identifier = surface.start_tagged(tag);
            surface.set_fill(Some(fill(rgb::Color::black())));
            surface.draw_glyphs(
                Point::from_xy(at.0, at.1),
                &glyphs(text, *weight),
                font(*weight),
                text,
                *size,
                false,
            );
            surface.end_tagged();
            if let Some(leaf) = leaf {
                leaves[*leaf].push(identifier);
            }
        }
        Mark::Rule { at, width } => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            surface.set_fill(Some(fill(rgb::Color::new(RULE.0, RULE.1, RULE.2))));
            rectangles(surface, [(at.0, at.1, *width, 0.5)]);
            surface.end_tagged();
        }
        Mark::Squares { at, side, squares, leaf } => {
            let identifier = surface.start_tagged(ContentTag::Other);
            surface.set_fill(Some(fill(rgb::Color::black())));
            let square = |&(column, row): &(usize, usize)| {
                (at.0 + column as f32 * side, at.1 + row as f32 * side, *side, *side)
            };
            rectangles(surface, squares.iter().map(square));
            surface.end_tagged();
            leaves[*leaf].push(identifier);
        }
    }
}

fn fill(color: rgb::Color) -> Fill {
    Fill { paint: color.into(), ..Fill::default() }
}

fn rectangles(surface: &mut Surface<'_>, each: impl IntoIterator<Item = (f32, f32, f32, f32)>) {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in each {
        path.push_rect(Rect::from_xywh(x, y, width, height).expect("a rectangle has a size"));
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn node(element: Element, leaves: &mut [Vec<Identifier>]) -> Node {
    match element {
        Element::Leaf(leaf) => {
            let mut group = TagGroup::new(Tag::Span);
            for identifier in std::mem::take(&mut leaves[leaf]) {
                group.push(identifier);
            }
            group.into()
        }
        Element::Group(role, children) => {
            let mut group = TagGroup::new(tag(role));
            for child in children {
                match child {
                    Element::Leaf(leaf) => {
                        for identifier in std::mem::take(&mut leaves[leaf]) {
                            group.push(identifier);
                        }
                    }
                    child @ Element::Group(..) => group.push(node(child, leaves)),
                }
            }
            group.into()
        }
    }
}

fn tag(role: Role) -> TagKind {
    match role {
        Role::Heading(level, text) => {
            Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(text)).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::Table => Tag::Table.into(),
        Role::TableHead => Tag::THead.into(),
        Role::TableBody => Tag::TBody.into(),
        Role::Row => Tag::TR.into(),
        Role::HeaderCell => Tag::TH(TableHeaderScope::Column).into(),
        Role::Cell => Tag::TD.into(),
        Role::Figure(page, (x, y), side, words) => {
            let place = Rect::from_xywh(x, y, side, side).map(|rect| BBox::new(page, rect));
            Tag::Figure(Some(words)).with_bbox(place).into()
        }
    }
}
