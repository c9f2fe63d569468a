package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A data set on disk: {@code train.txt}, {@code valid.txt} or {@code val.txt}, {@code test.txt},
 * for relations {@code rel2id.json}, and the folders {@code images} and {@code crops}.
 *
 * <p>A split may also be a {@code .jsonl} or {@code .csv} file of posts, whose rows name their
 * pictures themselves. Pictures are looked up in their folders only, real paths checked. A picture
 * that is not there is an empty answer: who asks decides what that means.
 */
public final class DataDirectory {

  /** The crops of an entity sentence, by the type of what they show. */
  private static final List<String> CROP_TYPES =
      List.of("person", "organization", "location", "miscellaneous");

  private static final String RELATIONS = "rel2id.json";
  private static final String CROP_TABLE = "crops.json";

  private static final List<String> EXTENSIONS = List.of(".txt", ".jsonl", ".csv");

  private final Path directory;
  private final PictureFolder below;
  private final PictureFolder images;
  private final PictureFolder crops;
  private final @Nullable CropTable cropTable;

  private DataDirectory(Path directory) {
    this.directory = directory;
    this.below = new PictureFolder(directory);
    this.images = new PictureFolder(directory.resolve("images"));
    this.crops = new PictureFolder(directory.resolve("crops"));
    Path table = directory.resolve("crops").resolve(CROP_TABLE);
    this.cropTable = Files.exists(table) ? CropTable.read(table) : null;
  }

  public static DataDirectory open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw MmibException.in(
          directory.toString(),
          ErrorCode.DATA_FILE,
          Files.exists(directory) ? "it is a file, not a directory" : "there is no such directory",
          "Name the directory that holds train.txt, train.jsonl or train.csv.");
    }
    return new DataDirectory(directory);
  }

  public Path path() {
    return directory;
  }

  /** Whether the split's file is there. */
  public boolean has(Split split) {
    return find(split).isPresent();
  }

  private Optional<Path> find(Split split) {
    List<Path> found =
        split.names().stream()
            .flatMap(name -> EXTENSIONS.stream().map(end -> directory.resolve(name + end)))
            .filter(Files::exists)
            .toList();
    if (found.size() > 1) {
      throw MmibException.in(
          directory.toString(),
          ErrorCode.DATA_FILE,
          "several files for one split: " + found.stream().map(Path::getFileName).toList(),
          "Keep one of them.");
    }
    return found.stream().findFirst();
  }

  /** The split's file; refused where it is not there. */
  public Path file(Split split) {
    return find(split)
        .orElseThrow(
            () ->
                MmibException.in(
                    directory.toString(),
                    ErrorCode.DATA_FILE,
                    "there is no file for the split " + split,
                    "Name it "
                        + String.join(".txt or ", split.names())
                        + ".txt (or .jsonl, .csv)."));
  }

  /** The sentences of a split, with any labels. */
  public Rows<NerExample> ner(Split split, ReadOptions options) {
    return sentences(split, options, null);
  }

  /** The sentences of a split; a label that is not {@code known} makes a row invalid. */
  public Rows<NerExample> ner(Split split, ReadOptions options, TagSet known) {
    return sentences(split, options, known);
  }

  /** The rows of a split, with any relations. */
  public Rows<RelationExample> relations(Split split, ReadOptions options) {
    return rows(split, options, null);
  }

  /** The rows of a split; a relation that is not {@code known} makes a row invalid. */
  public Rows<RelationExample> relations(Split split, ReadOptions options, RelationSet known) {
    return rows(split, options, known);
  }

  private Rows<NerExample> sentences(Split split, ReadOptions options, @Nullable TagSet known) {
    var rows = new ArrayList<NerExample>();
    ReadReport report = forEachSentence(split, options, known, rows::add);
    return new Rows<>(rows, report);
  }

  private Rows<RelationExample> rows(
      Split split, ReadOptions options, @Nullable RelationSet known) {
    var rows = new ArrayList<RelationExample>();
    ReadReport report = forEachRelation(split, options, known, rows::add);
    return new Rows<>(rows, report);
  }

  /** Gives each sentence of a split to {@code out} as it is read. */
  ReadReport forEachSentence(
      Split split, ReadOptions options, @Nullable TagSet known, Consumer<NerExample> out) {
    Path file = file(split);
    return PostSource.isOne(file)
        ? EntityPosts.forEach(file, options, known, out)
        : TwitterNer.forEach(file, options, known, out);
  }

  /** Gives each row of a split to {@code out} as it is read. */
  ReadReport forEachRelation(
      Split split,
      ReadOptions options,
      @Nullable RelationSet known,
      Consumer<RelationExample> out) {
    Path file = file(split);
    return PostSource.isOne(file)
        ? RelationPosts.forEach(file, options, known, out)
        : MnreRelations.forEach(file, options, known, out);
  }

  /** The labels of sentences, as a tag set. */
  public static TagSet tagSet(List<NerExample> sentences) {
    var labels = new TreeSet<String>();
    sentences.forEach(sentence -> labels.addAll(sentence.labels()));
    return TagSet.of(labels);
  }

  /** Whether {@code rel2id.json} is there. */
  public boolean hasRelationSet() {
    return Files.exists(directory.resolve(RELATIONS));
  }

  /** The relations of {@code rel2id.json}. */
  public RelationSet relationSet() {
    return RelationSet.read(directory.resolve(RELATIONS));
  }

  /** The relations of rows: None, then the others by name. */
  public static RelationSet relationSet(List<RelationExample> rows) {
    var names = new TreeSet<String>();
    rows.forEach(row -> names.add(row.relation()));
    names.remove(RelationSet.NONE);
    var all = new ArrayList<>(List.of(RelationSet.NONE));
    all.addAll(names);
    return RelationSet.of(all);
  }

  /** Whether there is a folder of pictures at all. */
  public boolean hasImages() {
    return images.exists();
  }

  /** The picture of this name, or of this id: then .jpg and the other extensions are tried. */
  public Optional<Path> image(String nameOrId) {
    return images.find(nameOrId);
  }

  /**
   * The pictures of a sentence: the whole one and {@code count} crops, from {@code crops.json} or
   * by the naming {@code <id>/crop_<type>_<id>.jpg}.
   */
  public PictureFiles pictures(NerExample example, Split split, int count) {
    String id = example.imageId();
    if (example.pictures() != null || id.isEmpty()) {
      return named(example.pictures(), count);
    }
    Optional<Path> whole = image(id);
    if (cropTable != null) {
      String name = whole.map(path -> path.getFileName().toString()).orElse(id + ".jpg");
      Optional<List<String>> names = cropTable.find(split, -1, name);
      return new PictureFiles(
          whole, listed(names.or(() -> cropTable.find(split, -1, id)).orElse(List.of()), count));
    }
    var found = new ArrayList<Optional<Path>>();
    for (int i = 0; i < count; i++) {
      found.add(
          i < CROP_TYPES.size()
              ? crops.confined(
                  crops.path().resolve(id).resolve("crop_" + CROP_TYPES.get(i) + "_" + id + ".jpg"))
              : Optional.empty());
    }
    return new PictureFiles(whole, found);
  }

  /** The pictures of a row: the whole one and the first {@code count} crops of its table. */
  public PictureFiles pictures(RelationExample example, Split split, int count) {
    if (example.pictures() != null) {
      return named(example.pictures(), count);
    }
    List<String> names =
        cropTable == null
            ? List.of()
            : cropTable.find(split, example.row(), example.imageId()).orElse(List.of());
    return new PictureFiles(image(example.imageId()), listed(names, count));
  }

  /** The pictures that a row names itself. */
  private PictureFiles named(@Nullable NamedPictures given, int count) {
    var names = given == null ? NamedPictures.NONE : given;
    var crops = new ArrayList<Optional<Path>>();
    for (int i = 0; i < count; i++) {
      crops.add(
          i < names.crops().size() ? below.findBelow(names.crops().get(i)) : Optional.empty());
    }
    return new PictureFiles(
        names.whole().isEmpty() ? Optional.empty() : below.findBelow(names.whole()), crops);
  }

  private List<Optional<Path>> listed(List<String> names, int count) {
    var found = new ArrayList<Optional<Path>>();
    for (int i = 0; i < count; i++) {
      found.add(i < names.size() ? crops.find(names.get(i)) : Optional.empty());
    }
    return found;
  }
}
