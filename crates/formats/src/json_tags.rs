//! Reading tags out of JSON one at a time: a span may have a million of them, of which a few mean something.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::tags::{TagSigns, text_of};

#[derive(Deserialize)]
struct Tag {
    key: String,
    value: Value,
}

/// What a list of `{"key": …, "value": …}`, a map, or `null` says.
pub(crate) fn tag_signs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TagSigns, D::Error> {
    deserializer.deserialize_any(Tags)
}

struct Tags;

impl<'de> Visitor<'de> for Tags {
    type Value = TagSigns;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tags")
    }

    fn visit_unit<E>(self) -> Result<TagSigns, E> {
        Ok(TagSigns::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TagSigns, A::Error> {
        let mut signs = TagSigns::default();
        while let Some(Tag { key, value }) = list.next_element()? {
            signs.see(&key, || text_of(&value));
        }
        Ok(signs)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TagSigns, A::Error> {
        let mut signs = TagSigns::default();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            signs.see(&key, || text_of(&value));
        }
        Ok(signs)
    }
}
