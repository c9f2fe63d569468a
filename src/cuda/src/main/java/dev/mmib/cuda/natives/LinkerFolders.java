package dev.mmib.cuda.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folders that {@code /etc/ld.so.conf} names to the system's linker.
 *
 * <p>Containers with a GPU often get the driver's folder this way. The file that {@code ldconfig}
 * makes of it, {@code ld.so.cache}, is not read.
 */
final class LinkerFolders {

  private static final int DEEPEST = 4;

  private LinkerFolders() {}

  /** In the order of the files; empty where there are none, as with musl. */
  static Set<Path> of(Path root) {
    var folders = new LinkedHashSet<Path>();
    read(root, root.resolve("etc/ld.so.conf"), folders, 0);
    return folders;
  }

  private static void read(Path root, Path file, Set<Path> folders, int depth) {
    if (depth > DEEPEST || !Files.isRegularFile(file)) {
      return;
    }
    for (var line : lines(file)) {
      readLine(root, file, line.replaceAll("#.*", "").strip(), folders, depth);
    }
  }

  private static void readLine(Path root, Path file, String line, Set<Path> folders, int depth) {
    try {
      if (line.startsWith("/")) {
        folders.add(root.resolve(line.substring(1)));
      } else if (line.startsWith("include ")) {
        included(root, file, line.substring(8).strip())
            .forEach(other -> read(root, other, folders, depth + 1));
      }
    } catch (IllegalArgumentException e) {
      return; // neither a path nor a pattern: the linker passes over it too
    }
  }

  private static List<String> lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of(); // unreadable, or not text: the linker would not take it either
    }
  }

  private static Stream<Path> included(Path root, Path from, String pattern) {
    var path =
        pattern.startsWith("/") ? root.resolve(pattern.substring(1)) : from.resolveSibling(pattern);
    var folder = path.getParent();
    if (folder == null) {
      return Stream.empty();
    }
    return LibrarySearch.children(folder, String.valueOf(path.getFileName())).stream().sorted();
  }
}
