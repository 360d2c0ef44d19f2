//! Random operations.

use crate::body::{Body, End, Step};
use crate::ops::{Op, PostDraft, PostFilter, UserDraft, UserFilter};

/// A small generator of numbers, so that a failure can be repeated by its seed.
pub(crate) struct Random(pub u64);

const KEYS: u64 = 12;

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn text(&mut self) -> &'static str {
        ["", "a", "A", "ab", "b%", "_", "é", "Zz", "a b "][self.below(9) as usize]
    }

    /// What is looked for in texts: at their start, in their middle, at their end.
    fn part(&mut self) -> &'static str {
        ["", "a", "b", "%", "_", "é", "z", " ", "b "][self.below(9) as usize]
    }

    fn key(&mut self) -> u64 {
        self.below(KEYS)
    }

    fn user(&mut self, depth: u32) -> UserDraft {
        UserDraft {
            id: self.key(),
            name: self.chance(80).then(|| self.text()),
            age: self.chance(50).then(|| self.below(5) as i32),
            email: self.chance(25).then(|| self.chance(70).then(|| self.below(20))),
            posts: (depth > 0 && self.chance(50))
                .then(|| (0..self.below(4)).map(|_| self.post(depth - 1)).collect()),
        }
    }

    fn post(&mut self, depth: u32) -> PostDraft {
        PostDraft {
            id: self.key(),
            title: self.chance(85).then(|| self.text()),
            views: self.chance(40).then(|| self.below(4) as i64),
            editor_id: self.chance(20).then(|| self.chance(60).then(|| self.key())),
            author: (depth > 0 && self.chance(30)).then(|| Box::new(self.user(depth - 1))),
        }
    }

    fn post_filter(&mut self, depth: u32) -> PostFilter {
        match self.below(if depth == 0 { 9 } else { 13 }) {
            0 => PostFilter::IdLe(self.key()),
            1 => PostFilter::ViewsEq(self.below(4)),
            2 => PostFilter::NoAuthor,
            3 => PostFilter::EditorNe(self.key()),
            4 => PostFilter::TitleContains(self.part()),
            5 => PostFilter::TitleLike(["a%", "%b", "_", "%\\%%", "%b_"][self.below(5) as usize]),
            6 => PostFilter::EditorIn((0..self.below(4)).map(|_| self.key()).collect()),
            7 => PostFilter::AuthorIsEditor,
            8 => PostFilter::HasEditor,
            9 => PostFilter::Not(Box::new(self.post_filter(depth - 1))),
            10 => PostFilter::And(self.boxed(depth), self.boxed(depth)),
            11 => PostFilter::Or(self.boxed(depth), self.boxed(depth)),
            _ => PostFilter::Author(Box::new(self.user_filter(depth - 1))),
        }
    }

    fn boxed(&mut self, depth: u32) -> Box<PostFilter> {
        Box::new(self.post_filter(depth - 1))
    }

    fn user_filter(&mut self, depth: u32) -> UserFilter {
        match self.below(if depth == 0 { 4 } else { 9 }) {
            0 => UserFilter::AgeGt(self.below(5)),
            1 => UserFilter::NameStartsWith(self.part()),
            2 => UserFilter::HasEmail,
            3 => UserFilter::IdIn(vec![self.key(), self.key()]),
            4 => UserFilter::Not(Box::new(self.user_filter(depth - 1))),
            5 => {
                let one = self.user_filter(depth - 1);
                UserFilter::Or(Box::new(one), Box::new(self.user_filter(depth - 1)))
            }
            6 => UserFilter::AnyPost(self.boxed(depth)),
            7 => UserFilter::AllEdited(self.boxed(depth)),
            _ => UserFilter::PostsAtLeast(self.below(4)),
        }
    }

    fn body(&mut self, end: End, depth: u32) -> Body {
        let steps = (0..=self.below(4)).map(|_| {
            let op = match depth > 0 && self.chance(30) {
                true => {
                    let end = [End::Commits, End::Commits, End::Aborts][self.below(3) as usize];
                    Op::Together(self.body(end, depth - 1))
                }
                false => self.single(),
            };
            Step { op, must: self.chance(25) }
        });
        Body { steps: steps.collect(), end }
    }

    fn op(&mut self) -> Op {
        if !self.chance(15) {
            return self.single();
        }
        let end = match self.below(10) {
            0..=4 => End::Commits,
            5 | 6 => End::Aborts,
            7 => End::GuardCommits,
            8 => End::GuardRollsBack,
            _ => End::GuardDropped,
        };
        Op::Together(self.body(end, 2))
    }

    fn single(&mut self) -> Op {
        match self.below(15) {
            0..=2 => Op::SaveUsers((0..=self.below(3)).map(|_| self.user(2)).collect()),
            3 => Op::InsertPost(self.post(1)),
            4 => Op::UpdateUser(self.user(0)),
            5 => Op::AddViews(self.post_filter(2), self.below(3) as i64 - 1),
            6 if self.chance(40) => Op::DeletePosts(self.post_filter(1)),
            6 => Op::DestroyUser(self.key()),
            7 | 8 => Op::FindPosts {
                filter: self.post_filter(3),
                by_editor: self.chance(50),
                offset: self.below(3),
                limit: self.below(6),
            },
            12 => Op::GroupPosts { filter: self.post_filter(1), at_least: self.below(3) },
            13 => {
                Op::SelectPosts { filter: self.post_filter(1), offset: self.below(3), limit: self.below(6) }
            }
            14 => Op::CountPosts { users: self.user_filter(1), posts: self.post_filter(1) },
            _ => Op::LoadUsers {
                users: self.user_filter(2),
                posts: self.post_filter(1),
                limit: match self.below(6) {
                    limit @ 1..=3 => Some(limit),
                    _ => None,
                },
            },
        }
    }

    pub(crate) fn ops(&mut self, count: usize) -> Vec<Op> {
        (0..count).map(|_| self.op()).collect()
    }
}
