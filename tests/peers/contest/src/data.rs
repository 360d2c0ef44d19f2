//! The records, as plain structs. Contestants make their own models of them.

/// A row of `users`.
#[derive(Debug, Clone)]
pub struct User {
    /// The key.
    pub id: i32,
    /// A name.
    pub name: String,
    /// Half of them have one.
    pub hair_color: Option<String>,
}

/// A row of `posts`.
#[derive(Debug, Clone)]
pub struct Post {
    /// The key.
    pub id: i32,
    /// Whose it is.
    pub user_id: i32,
    /// A title.
    pub title: String,
    /// Half of them have one.
    pub body: Option<String>,
}

/// A row of `comments`.
#[derive(Debug, Clone)]
pub struct Comment {
    /// The key.
    pub id: i32,
    /// What it is about.
    pub post_id: i32,
    /// What it says.
    pub text: String,
}

/// What the tables hold: keys from 1 on, ordered.
#[derive(Debug, Clone)]
pub struct Data {
    /// All users.
    pub users: Vec<User>,
    /// Their posts.
    pub posts: Vec<Post>,
    /// The posts' comments.
    pub comments: Vec<Comment>,
}

impl Data {
    /// So many users, each with so many posts, each with so many comments.
    #[must_use]
    pub fn new(users: i32, posts: i32, comments: i32) -> Self {
        let all_posts = users * posts;
        Self {
            users: (1..=users).map(user).collect(),
            posts: (1..=all_posts).map(|id| post(id, (id - 1) / posts + 1)).collect(),
            comments: (1..=all_posts * comments).map(|id| comment(id, (id - 1) / comments + 1)).collect(),
        }
    }

    /// The records in each other: every user with the posts, every post with its comments.
    pub fn nested(self) -> impl Iterator<Item = (User, Vec<(Post, Vec<Comment>)>)> {
        let (mut posts, mut comments) =
            (self.posts.into_iter().peekable(), self.comments.into_iter().peekable());
        self.users.into_iter().map(move |user| {
            let mut of_user = Vec::new();
            while let Some(post) = posts.next_if(|post| post.user_id == user.id) {
                let mut of_post = Vec::new();
                while let Some(comment) = comments.next_if(|comment| comment.post_id == post.id) {
                    of_post.push(comment);
                }
                of_user.push((post, of_post));
            }
            (user, of_user)
        })
    }
}

fn user(id: i32) -> User {
    User { id, name: format!("User {id}"), hair_color: (id % 2 == 0).then(|| "black".to_owned()) }
}

fn post(id: i32, user_id: i32) -> Post {
    let body = (id % 2 == 0).then(|| format!("Post {id} of user {user_id}, at length"));
    Post { id, user_id, title: format!("Post {id}"), body }
}

fn comment(id: i32, post_id: i32) -> Comment {
    Comment { id, post_id, text: format!("Comment {id} on post {post_id}") }
}
