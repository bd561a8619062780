//! Values in, rows out, errors.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use flexio_store::StoreError;
use flexio_store::relational::{Row, Value};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A value as PostgreSQL takes it, in the binary form of the parameter's type.
#[derive(Debug)]
pub struct Argument<'a>(pub &'a Value);

impl ToSql for Argument<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            // The server takes `$n - 1` for a 4-byte sum where it sees that first.
            Value::Int(number) if *kind == Type::INT4 => out.put_i32(i32::try_from(*number)?),
            Value::Int(number) => out.put_i64(*number),
            Value::Text(text) => out.put_slice(text.as_bytes()),
            Value::Sid(bytes) => out.put_slice(bytes),
            Value::Bytes(bytes) => out.put_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::UUID, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

/// All values of a statement, first placeholder first.
pub fn arguments(values: &[Value]) -> impl ExactSizeIterator<Item = Argument<'_>> {
    values.iter().map(Argument)
}

/// The bytes of a column, whatever its type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(kind: &Type) -> bool {
        [Type::UUID, Type::BYTEA].contains(kind)
    }
}

/// A row of an answer.
pub struct PostgresRow<'a>(pub &'a tokio_postgres::Row);

impl PostgresRow<'_> {
    fn get<'b, T: FromSql<'b>>(&'b self, column: usize) -> Result<Option<T>, StoreError> {
        self.0.try_get(column).map_err(|error| StoreError::Broken(Box::new(error)))
    }
}

impl Row for PostgresRow<'_> {
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.get(column)
    }

    fn sid(&self, column: usize) -> Result<Option<u128>, StoreError> {
        let Some(Raw(bytes)) = self.get(column)? else { return Ok(None) };
        let bytes = bytes.try_into().map_err(|error| StoreError::Broken(Box::new(error)))?;
        Ok(Some(u128::from_be_bytes(bytes)))
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.get(column)?.map(|Raw(bytes)| bytes))
    }
}

/// Whether another try of the same transaction can succeed: it lost against a concurrent one.
pub fn lost_a_race(error: &tokio_postgres::Error) -> bool {
    [Some(&SqlState::T_R_SERIALIZATION_FAILURE), Some(&SqlState::T_R_DEADLOCK_DETECTED)]
        .contains(&error.code())
}

/// What an error of PostgreSQL means to the asker.
pub fn store_error(error: tokio_postgres::Error) -> StoreError {
    let Some(code) = error.code() else {
        // Not an answer of the server: no connection (with the system's cause, or with none), or a value that does not fit its column.
        let gone = error.is_closed() || error.source().is_none_or(<dyn Error>::is::<std::io::Error>);
        return if gone {
            StoreError::Unavailable(Box::new(error))
        } else {
            StoreError::Broken(Box::new(error))
        };
    };
    let class = &code.code()[..2];
    if *code == SqlState::UNIQUE_VIOLATION {
        return StoreError::Conflict("the sid or unique name is taken");
    }
    if *code == SqlState::DISK_FULL {
        return StoreError::Full;
    }
    // 08 connection, 25 read-only transaction (a standby), 40 lost race, 53 out of resources, 55 lock, 57 shutdown, 58 system.
    let passing = ["08", "25", "40", "53", "55", "57", "58"].contains(&class);
    if passing { StoreError::Unavailable(Box::new(error)) } else { StoreError::Broken(Box::new(error)) }
}
