package dev.mmib.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The files of a post's pictures: the whole image and its crops; empty where one is missing. */
public record PictureFiles(Optional<Path> whole, List<Optional<Path>> crops) {

  public PictureFiles {
    crops = List.copyOf(crops);
  }
}
