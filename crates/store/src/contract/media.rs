//! Pictures and files of messages.

use super::*;
use crate::{Change, ErasureChange, Kept, KeptMedia, MediaFilter, MessagingChange as C, Page, Span};
use flexio_domain::*;

fn picture(of: &Message, second: i64) -> KeptMedia {
    let sid = MediaSid::new();
    let media = MessageMedia {
        sid,
        account_sid: of.account_sid,
        message_sid: of.sid,
        content_type: "image/png".to_owned(),
        bytes: 3,
        link: Pii(format!("link of {sid}")),
        created_at: at(second),
        updated_at: at(second),
    };
    KeptMedia { media, content: Sealed(vec![0, 255, 7]) }
}

async fn add(store: &Arc<dyn Store>, kept: &KeptMedia) {
    put(store, C::AddMedia(Box::new(kept.clone())).into()).await;
}

pub(super) async fn media_are_found_by_message_and_by_link_with_their_bytes(store: Arc<dyn Store>) {
    let (of, other) = (message(AccountSid::new()), message(AccountSid::new()));
    let (first, second, foreign) = (picture(&of, 1), picture(&of, 5), picture(&other, 1));
    for kept in [&first, &second, &foreign] {
        add(&store, kept).await;
    }
    let mut twin = picture(&of, 9);
    twin.media.link = first.media.link.clone();
    assert!(is_conflict(&try_put(&store, C::AddMedia(Box::new(twin)).into()).await), "one link, one picture");
    let (owner, sid) = (of.account_sid, first.media.sid);
    assert_eq!(store.media(owner, of.sid, sid).await.unwrap(), Some(first.media.clone()));
    assert_eq!(store.media_content(owner, of.sid, sid).await.unwrap(), Some(first.content.clone()));
    for (account, message) in [(other.account_sid, of.sid), (owner, other.sid)] {
        assert_eq!(store.media(account, message, sid).await.unwrap(), None);
        assert_eq!(store.media_content(account, message, sid).await.unwrap(), None);
    }
    assert_eq!(store.media_by_link(&first.media.link.0).await.unwrap(), Some(first.media.clone()));
    assert_eq!(store.media_by_link("no link").await.unwrap(), None);
    let after = Span { from: Some(at(2)), until: None };
    for (filter, expected) in [
        (MediaFilter { message: Some(of.sid), ..<_>::default() }, vec![&second.media, &first.media]),
        (MediaFilter { created: after, ..<_>::default() }, vec![&second.media]),
        (MediaFilter { message: Some(other.sid), ..<_>::default() }, vec![]),
    ] {
        let found = store.medias(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_medias(owner, &filter).await.unwrap(), expected.len() as u64);
    }
}

pub(super) async fn media_go_one_by_one_and_with_their_message(store: Arc<dyn Store>) {
    let of = message(AccountSid::new());
    let owner = of.account_sid;
    let left = async || store.count_medias(owner, &MediaFilter::default()).await.unwrap();
    let kept = [picture(&of, 1), picture(&of, 2), picture(&of, 3)];
    for one in &kept {
        add(&store, one).await;
    }
    let first = kept[0].media.sid;
    let foreign = C::DeleteMedia(AccountSid::new(), of.sid, first);
    assert!(is_conflict(&try_put(&store, foreign.into()).await));
    put(&store, C::DeleteMedia(owner, of.sid, first).into()).await;
    assert!(is_conflict(&try_put(&store, C::DeleteMedia(owner, of.sid, first).into()).await));
    put(&store, C::DropMediaOf(AccountSid::new(), of.sid).into()).await;
    assert_eq!(left().await, 2, "nothing of another account goes");
    put(&store, C::DropMediaOf(owner, of.sid).into()).await;
    assert_eq!(left().await, 0);
    put(&store, Change::CreateMessage(of.clone())).await;
    add(&store, &kept[1]).await;
    put(&store, Change::DeleteMessage(owner, of.sid)).await;
    assert_eq!(left().await, 0);
    put(&store, Change::CreateMessage(of.clone())).await;
    add(&store, &kept[2]).await;
    put(&store, ErasureChange::Drop(Kept::Messages, owner, of.sid.as_u128()).into()).await;
    assert_eq!(left().await, 0);
}
