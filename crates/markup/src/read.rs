use crate::{Dialect, Document, Kind, Limits, ParseError, Warning, element::Element};
pub(crate) fn document(
    _root: &Element,
    warnings: Vec<Warning>,
    kind: Kind,
    dialect: Dialect,
    _limits: &Limits,
) -> Result<Document, ParseError> {
    Ok(Document { dialect, kind, steps: Vec::new(), warnings })
}
