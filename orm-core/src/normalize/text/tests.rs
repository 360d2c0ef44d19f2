//! What is read by the quick way is what serde_json reads, on texts of every kind and on broken ones.

use super::*;
use crate::database::Clock;
use crate::model::Model;
use crate::normalize::{Roots, Settings};
use crate::plan::RowWrite;
use crate::prelude::*;
use serde_json::Value as Tree;
use std::collections::BTreeMap;

#[derive(Model, Debug, Clone)]
#[model(entity = "read_users")]
struct User {
    #[key]
    id: u64,
    name: String,
    #[field(cast, default = 18)]
    age: i32,
    score: Option<f64>,
    #[field(scale = 2)]
    paid: Option<Decimal>,
    active: Option<bool>,
    any: Option<Tree>,
    small: Option<i8>,
    friend_ids: Option<Keys<u32>>,
    friend_id: Option<u64>,
    #[field(embed)]
    home: Place,
    #[field(embed)]
    work: Option<Place>,
    #[belongs_to]
    friend: One<User>,
    #[has_many(foreign_key = author_id)]
    posts: Many<Post>,
    #[has_one(foreign_key = user_id)]
    profile: One<Profile>,
    #[has_many_by(keys = friend_ids)]
    friends: Many<Note>,
}

#[derive(Embedded, Debug, Clone)]
struct Place {
    street: String,
    #[field(default = 0)]
    number: i32,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "read_profiles", deny_unknown_fields)]
struct Profile {
    #[key(auto)]
    id: u64,
    #[field(rename = "é")]
    bio: String,
    user_id: u64,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "read_posts")]
struct Post {
    #[key]
    id: u64,
    title: String,
    author_id: Option<u64>,
    #[belongs_to]
    author: One<User>,
    #[belongs_to_many(pivot = Tagging, foreign_key = post_id, related_key = tag)]
    tags: Many<Tag>,
    #[has_many(foreign_key = post_id)]
    notes: Many<Note>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "read_tags")]
struct Tag {
    #[key]
    name: String,
    color: Option<String>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "read_taggings")]
struct Tagging {
    #[key]
    post_id: u64,
    #[key]
    tag: String,
    weight: Option<i32>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "read_notes")]
struct Note {
    #[key(auto)]
    id: u32,
    post_id: Option<u64>,
    about_id: Option<u64>,
    about_type: Option<String>,
    #[morph_to]
    about: One<About>,
}

#[derive(Morph, Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a record is looked at, not moved about")]
enum About {
    User(User),
    Post(Post),
}

/// Its names can't stand in JSON as they are.
#[derive(Model, Debug, Clone)]
#[model(entity = "read_escaped")]
struct Escaped {
    #[key]
    id: u64,
    #[field(rename = "a\\b")]
    backslash: Option<i32>,
    #[field(rename = "say \"x\"")]
    quotes: Option<i32>,
    #[field(rename = "tab\t")]
    tab: Option<i32>,
}

const TEXTS: [&str; 6] = [
    r#"[{"id":1,"name":"Ada","age":36,"home":{"street":"Main","number":2},"posts":[
        {"id":10,"title":"A \"quoted\" one\n","tags":[{"name":"x","pivot":{"weight":3}},"y",null],"notes":[{},{"id":4}]},
        {"title":"B","id":11,"author":{"id":1,"name":"Ada"},"notes":[]}]},
       {"id":2,"name":"Bj\u00f6rn \ud83e\udd80","score":1.5e3,"paid":"12.30","active":true,"any":{"a":[1,{"b":null}]},
        "small":-128,"friend_ids":[1,2],"work":null,"home":{"street":""},"friend":1,"profile":{"\u00e9":"me"}}]"#,
    r#" { "posts" : [ ] , "unknown" : { "deep" : [ [ "\\\"]" ] ] } , "id" : 7 , "na\u006de" : "x" , "friend" : null } "#,
    r#"{"id":3,"name":"日本","age":"41","score":-0,"paid":7,"work":{"street":"W"},"home":{"street":"H"},
        "profile":null,"friends":[{"id":1},{"about":{"id":3,"title":"t"},"about_type":"Post"},2],"friend":{"id":3}}"#,
    r#"{"id":1,"name":"twice","name":"Then","id":2,"posts":[{"id":1},{"id":1,"title":"again","author_id":9}],"posts":[3]}"#,
    r#"[{"id":5,"notes":[{"about_type":"User","about":{"id":8,"name":"n"}},{"about":5,"about_type":"Post"}]},null]"#,
    r#"{"id":123456789012345678,"name":"","age":-5,"score":12345678901234567890,"any":"text","small":127,"active":null}"#,
];

/// Pieces that mutations put in.
const PIECES: [&str; 40] = [
    "null",
    "true",
    "-1",
    "0",
    "-0",
    "007",
    "1e999",
    "1.25",
    "99999999999999999999",
    "9223372036854775808",
    "\"\"",
    "\"\\ud800\"",
    "\"\\u00e9\"",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "\"id\":",
    "\"posts\":[null]",
    "\"author\":{}",
    "\"about\":",
    "\"pivot\":{},",
    "\"home\":null,",
    "\"any\":[[]],",
    "\"x\":1,",
    "0.5",
    "\u{0}",
    "\n",
    "é",
    " ",
    "[[[[",
    "{\"a\":",
    "\"friend\":{\"friend\":",
    "1",
];

/// Members that any object may get; most of them fit somewhere.
const MEMBERS: [&str; 14] = [
    r#""x":1.5,"#,
    r#""id":5,"#,
    r#""name":"\t","#,
    r#""title":"é","#,
    r#""posts":[4],"#,
    r#""friend":null,"#,
    r#""any":[{"b":1e2}],"#,
    r#""notes":[{"about_type":"User","about":3}],"#,
    r#""tags":["z",{"name":"w"}],"#,
    r#""about":null,"#,
    r#""author":7,"#,
    r#""active":false,"#,
    r#" "paid" : 1.5 ,"#,
    r#""score":-12,"#,
];

/// A small generator of numbers, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn mutate(&mut self, text: &mut String) {
        let place = |random: &mut Self, text: &str| {
            let at = random.below(text.len() + 1);
            (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
        };
        let (a, b) = (place(self, text), place(self, text));
        let from = a.min(b);
        let to = (from + 6).min(a.max(b));
        let to = (to..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
        let piece = PIECES[self.below(PIECES.len())];
        match self.below(8) {
            0 => text.replace_range(from..to, ""),
            1 => text.insert_str(a, piece),
            2 => text.replace_range(from..to, piece),
            3..=6 => {
                let braces: Vec<usize> = text.match_indices('{').map(|(at, _)| at + 1).collect();
                let at = braces.get(self.below(braces.len())).copied().unwrap_or(0);
                text.insert_str(at, MEMBERS[self.below(MEMBERS.len())]);
            }
            // A piece of the text itself, somewhere else.
            _ => {
                let part = text[from..to].to_owned();
                let at = place(self, text);
                text.insert_str(at, &part);
            }
        }
    }
}

fn gather<M: Model>(max_depth: usize, names_only: bool) -> Gather {
    let settings = Settings { max_depth, strict: false, clock: Clock::System };
    let mut gather = Gather::new(M::schema(), RowWrite::Merge, settings);
    gather.names_only = names_only;
    gather
}

/// Everything that was gathered.
fn all_of(gather: &Gather) -> String {
    let ties: BTreeMap<_, _> = gather.ties.iter().collect();
    let Gather { list, groups, pending, listed, empties, .. } = gather;
    format!("{list} {groups:?} {pending:?} {ties:?} {listed:?} {empties:?}")
}

/// Whether the quick way takes a text, and whether serde_json does.
fn compare<M: Model>(text: &str, max_depth: usize, names_only: bool) -> (bool, bool) {
    let (mut ours, mut theirs) = (gather::<M>(max_depth, names_only), gather::<M>(max_depth, names_only));
    let taken = read(&mut ours, text).is_some();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Roots(&mut theirs).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    assert!(!taken || read.is_ok(), "{read:?} {:?}\n{text}", theirs.fault);
    if taken {
        assert_eq!(all_of(&ours), all_of(&theirs), "{text}");
    }
    (taken, read.is_ok())
}

#[test]
fn takes_what_fits() {
    for text in TEXTS {
        for names_only in [false, true] {
            let of_users = compare::<User>(text, 64, names_only);
            let of_posts = compare::<Post>(text, 64, names_only);
            assert_eq!(of_users.0, of_users.1, "{text}");
            assert_eq!(of_posts.0, of_posts.1, "{text}");
            assert!(of_users.0 || of_posts.0, "{text}");
        }
    }
}

#[test]
fn names_are_compared_by_what_they_mean() {
    let fit = r#"{"id":1,"a\\b":1,"say \"x\"":2,"tab\t":3}"#;
    assert_eq!(compare::<Escaped>(&format!("[{fit},{fit}]"), 64, false), (true, true));
    // Another name, no JSON, no JSON.
    for other in [r#"{"id":2,"a\b":1}"#, r#"{"id":2,"say "x"":2}"#, "{\"id\":2,\"tab\t\":3}"] {
        let (ours, theirs) = compare::<Escaped>(&format!("[{fit},{other}]"), 64, false);
        assert_eq!(ours, theirs, "{other}");
    }
}

#[test]
fn mutated_texts_are_read_the_same_or_left() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut taken, mut left, mut refused) = (0, 0, 0);
    for round in 0..12_000 {
        let mut text = TEXTS[random.below(TEXTS.len())].to_owned();
        for _ in 0..=random.below(3) {
            random.mutate(&mut text);
        }
        let depth = if round % 4 == 0 { 3 + random.below(5) } else { 64 };
        for (ours, theirs) in
            [compare::<User>(&text, depth, false), compare::<Post>(&text, depth, round % 2 == 0)]
        {
            match (ours, theirs) {
                (true, _) => taken += 1,
                (false, true) => left += 1,
                (false, false) => refused += 1,
            }
        }
    }
    assert!(taken > 3_000 && refused > 3_000, "{taken} taken, {left} left, {refused} refused");
    assert!(left * 20 < taken, "{taken} taken, {left} left");
}

#[test]
fn nests_as_deep_as_serde_json_lets_it() {
    let nested = |levels: usize, inner: &str| {
        format!("{}{inner}{}", r#"{"id":1,"friend":"#.repeat(levels), "}".repeat(levels))
    };
    for levels in [1, 2, 63, 64, 65, 125, 126, 127, 128, 129, 1000] {
        for inner in [
            "null",
            "1",
            "{\"id\":2}",
            "{\"posts\":[]}",
            "{\"posts\":[{}]}",
            "{\"any\":[[1]]}",
            "{\"x\":[[1]]}",
        ] {
            for bound in [64, 127, 128, 2000] {
                let (ours, theirs) = compare::<User>(&nested(levels, inner), bound, false);
                // Only what nobody knows may nest deeper than serde_json goes.
                assert!(ours == theirs || inner.contains('x'), "{levels} {inner} {bound}: {ours} {theirs}");
            }
        }
    }
}
