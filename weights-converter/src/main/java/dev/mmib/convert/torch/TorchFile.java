package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.PickleValue;
import java.nio.file.Path;

/**
 * An open file of torch.save, in the zip or the stream format, whatever its name.
 *
 * <p>Its pickle is read when it is opened, by a machine that calls nothing; its tensors' numbers
 * stay in the file and are read when they are asked for, while it is open. May be used by several
 * threads.
 */
public final class TorchFile implements AutoCloseable {

  private final Path path;
  private final FileContent content;
  private final PickleValue root;
  private final Runnable closing;

  private TorchFile(Path path, FileContent content, PickleValue root, Runnable closing) {
    this.path = path;
    this.content = content;
    this.root = root;
    this.closing = closing;
  }

  /** Opens a file; refuses anything else, saying what it looks like. */
  public static TorchFile open(Path path) {
    var file = InputBytes.open(path);
    boolean opened = false;
    try {
      var content = FileContent.of(file);
      var result =
          switch (content) {
            case TORCH_ZIP -> openZip(path, file);
            case TORCH_STREAM -> new TorchFile(path, content, TorchStream.root(file), file::close);
            default -> throw content.refused(file);
          };
      opened = true;
      return result;
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  private static TorchFile openZip(Path path, InputBytes file) {
    var records = ZipDirectory.read(file);
    var reader = new RecordReader(file, records.values());
    boolean opened = false;
    try {
      var root = TorchZip.root(file, records, reader);
      opened = true;
      return new TorchFile(
          path,
          FileContent.TORCH_ZIP,
          root,
          () -> {
            reader.close();
            file.close();
          });
    } finally {
      if (!opened) {
        reader.close();
      }
    }
  }

  public Path path() {
    return path;
  }

  /** Which of the two formats it has. */
  public FileContent content() {
    return content;
  }

  /** What was saved: mostly a dictionary of tensors. */
  public PickleValue root() {
    return root;
  }

  /** Closes the file; its tensors can no longer be read. */
  @Override
  public void close() {
    closing.run();
  }
}
