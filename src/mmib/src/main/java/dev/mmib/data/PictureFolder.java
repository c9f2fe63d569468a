package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A folder of pictures from which no name leads out; it need not be there. */
final class PictureFolder {

  private static final List<String> NONE = List.of();

  private final Path folder;
  private final @Nullable Path real;

  PictureFolder(Path folder) {
    this.folder = folder;
    try {
      this.real = Files.isDirectory(folder) ? folder.toRealPath() : null;
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  private static MmibException unreadable(Path path, IOException e) {
    return MmibException.in(
            path.toString(), ErrorCode.IO, "the picture cannot be looked up", "Check its rights.")
        .causedBy(e);
  }

  boolean exists() {
    return real != null;
  }

  Path path() {
    return folder;
  }

  /** A picture by its file name, or by its id: then the known extensions are tried in order. */
  Optional<Path> find(String name) {
    if (real == null) {
      return Optional.empty();
    }
    String complaint = ImageNames.complaint(name);
    if (complaint != null) {
      throw MmibException.in(folder.toString(), ErrorCode.IMAGE, complaint, "Rename it.");
    }
    if (ImageNames.hasExtension(name)) {
      return confined(folder.resolve(name));
    }
    for (String extension : ImageNames.EXTENSIONS) {
      Optional<Path> found = confined(folder.resolve(name + extension));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** A picture by its path below the folder; without an extension, the known ones are tried. */
  Optional<Path> findBelow(String path) {
    String complaint = ImageNames.complaintAboutPath(path);
    if (complaint != null) {
      throw MmibException.in(folder.toString(), ErrorCode.IMAGE, complaint, "Put it there.");
    }
    Optional<Path> found = confined(folder.resolve(path));
    for (String extension : ImageNames.hasExtension(path) ? NONE : ImageNames.EXTENSIONS) {
      found = found.isPresent() ? found : confined(folder.resolve(path + extension));
    }
    return found;
  }

  /** A picture at a path below the folder, made of names that were checked. */
  Optional<Path> confined(Path file) {
    if (real == null || !Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      if (!file.toRealPath().startsWith(real)) {
        throw MmibException.in(
            file.toString(),
            ErrorCode.IMAGE,
            "the link leads out of " + folder,
            "Put the picture itself there.");
      }
      return Optional.of(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }
}
