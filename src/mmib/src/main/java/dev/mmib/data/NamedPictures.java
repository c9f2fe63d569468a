package dev.mmib.data;

import java.util.List;

/**
 * The pictures that a row of posts names itself, by paths below the folder of its file.
 *
 * @param whole empty where there is none
 */
public record NamedPictures(String whole, List<String> crops) {

  static final NamedPictures NONE = new NamedPictures("", List.of());

  public NamedPictures {
    crops = List.copyOf(crops);
  }
}
