//! Dumps as JSON Lines: one frame a line.

use super::Frame;
use crate::database::Database;
use crate::engine::Mode;
use crate::error::{Error, Result};
use std::io::{BufReader, Read, Write};

impl<D: Mode> Database<D> {
    /// Writes a [`dump`](Self::dump) as JSON Lines and answers how many rows it has. In async code the
    /// writer is written to where the future is polled.
    ///
    /// # Errors
    /// Those of the dump; [`Error::Provider`] for those of the writer.
    pub fn dump_json_lines<'a>(&'a self, writer: impl Write + Send + 'a) -> D::Answer<'a, Result<u64>> {
        D::answer(async move {
            let mut writer = writer;
            let mut frames = self.dump();
            let mut count = 0;
            while let Some(frame) = D::next(&mut frames).await {
                let frame = frame?;
                if let Frame::End { rows } = frame {
                    count = rows;
                }
                let mut line =
                    serde_json::to_vec(&frame).map_err(|e| Error::provider("writing a dump", e))?;
                line.push(b'\n');
                writer.write_all(&line).map_err(|e| Error::provider("writing a dump", e))?;
            }
            writer.flush().map_err(|e| Error::provider("writing a dump", e))?;
            Ok(count)
        })
    }

    /// As [`restore`](Self::restore), from JSON Lines. The reader is buffered here.
    ///
    /// # Errors
    /// As there; [`Error::Malformed`] with line and column for what is no frame, and for those of the
    /// reader.
    pub fn restore_json_lines<'a>(&'a self, reader: impl Read + Send + 'a) -> D::Answer<'a, Result<u64>> {
        let frames = serde_json::Deserializer::from_reader(BufReader::new(reader)).into_iter::<Frame>();
        self.restore_from(frames.enumerate().map(|(number, frame)| {
            frame.map_err(|error| Error::Malformed {
                at: format!("frame {}", number + 1),
                message: error.to_string(),
            })
        }))
    }
}
