package dev.mmib.io;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Models that lie a level or two below a directory which is none, for the error that says so. */
final class ModelsBelow {

  private static final Logger LOG = LoggerFactory.getLogger(ModelsBelow.class);

  private static final int MOST_NAMED = 4;

  /** Directories of one directory that are looked at: nobody shall wait for an error. */
  private static final int MOST_LOOKED_AT = 100;

  private ModelsBelow() {}

  /** What to do about a directory that is no model. */
  static String hint(Path directory) {
    var models = in(directory);
    return models.isEmpty()
        ? "Give the directory of a trained model."
        : "Below it are models: "
            + models.stream().map(Path::toString).collect(Collectors.joining(", "))
            + ".";
  }

  /** The nearest of them. */
  private static List<Path> in(Path directory) {
    var found = new ArrayList<Path>();
    for (var below : directoriesIn(directory)) {
      found.add(below);
      found.addAll(directoriesIn(below));
    }
    return found.stream()
        .filter(ModelsBelow::isModel)
        .sorted(Comparator.comparingInt(Path::getNameCount).thenComparing(path -> path))
        .limit(MOST_NAMED)
        .toList();
  }

  private static boolean isModel(Path directory) {
    return ConfinedFiles.has(directory, ModelDirectory.CONFIG)
        && ConfinedFiles.has(directory, ModelDirectory.WEIGHTS);
  }

  private static List<Path> directoriesIn(Path directory) {
    var directories = new ArrayList<Path>();
    try (var entries = Files.newDirectoryStream(directory, Files::isDirectory)) {
      for (var entry : entries) {
        directories.add(entry);
        if (directories.size() == MOST_LOOKED_AT) {
          break;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      LOG.debug("{}: cannot be looked into", directory, e); // then no model of it can be named
    }
    return directories;
  }
}
