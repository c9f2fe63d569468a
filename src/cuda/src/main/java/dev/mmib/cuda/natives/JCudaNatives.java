package dev.mmib.cuda.natives;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import org.jspecify.annotations.Nullable;

/**
 * JCuda's JNI libraries, unpacked into a private folder while they load.
 *
 * <p>Left alone, JCuda unpacks them under fixed names into the shared temporary folder, and loads
 * what lies there already: two versions or two users collide, and anyone can plant one. It reads
 * {@code java.io.tmpdir} at the moment when a class of it initialises, so that property names the
 * private folder just then. A loaded library needs no file any more: each is deleted at once.
 */
final class JCudaNatives implements AutoCloseable {

  private static final Object TEMPORARY_FOLDER = new Object();
  private static final String TEMPORARY_FOLDER_PROPERTY = "java.io.tmpdir";

  private final Path folder;

  JCudaNatives() throws IOException {
    // Java's own temporary files keep the folder that the property names when they are first asked
    // for: that must not happen to be the private one.
    Files.delete(File.createTempFile("mmib-cuda", null).toPath());
    this.folder =
        Files.createTempDirectory(
                "mmib-cuda",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
            .toAbsolutePath();
  }

  /** Changes a library before it is loaded. */
  @FunctionalInterface
  interface Change {
    void apply(byte[] image) throws Unavailable;
  }

  /** Where the libraries lie while they load. */
  Path folder() {
    return folder;
  }

  /** The bytes of the JNI library of a class of JCuda. */
  static byte[] image(String className) throws IOException, Unavailable {
    String resource = "/lib/" + libraryFile(className);
    try (InputStream in = JCudaVersion.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new Unavailable(
            "no "
                + resource.substring(1)
                + " on the class path; add the dependencies org.jcuda:jcuda-natives,"
                + " jcublas-natives and jcudnn-natives, version "
                + JCudaVersion.get()
                + ", with the classifier linux-x86_64");
      }
      return in.readAllBytes();
    }
  }

  /** Initialises a class of JCuda, which loads its JNI library. */
  void load(String className) throws IOException, Unavailable {
    load(className, image -> {});
  }

  /** Initialises a class of JCuda, with its JNI library changed. */
  void load(String className, Change change) throws IOException, Unavailable {
    byte[] image = image(className);
    change.apply(image);
    Path file = folder.resolve(libraryFile(className));
    Files.write(file, image);
    synchronized (TEMPORARY_FOLDER) {
      String before = System.getProperty(TEMPORARY_FOLDER_PROPERTY);
      System.setProperty(TEMPORARY_FOLDER_PROPERTY, folder.toString());
      try {
        Class.forName(className, true, JCudaNatives.class.getClassLoader());
      } catch (ClassNotFoundException e) {
        throw new Unavailable(
            "no " + className + " on the class path; add what mmib-cuda depends on", e);
      } catch (LinkageError e) {
        throw new Unavailable(loadFailure(className, e), e);
      } finally {
        restore(before);
        delete(file);
      }
    }
  }

  private static void restore(@Nullable String before) {
    if (before == null) {
      System.clearProperty(TEMPORARY_FOLDER_PROPERTY);
    } else {
      System.setProperty(TEMPORARY_FOLDER_PROPERTY, before);
    }
  }

  /** {@code libJCublas2-12.6.0-linux-x86_64.so} for {@code jcuda.jcublas.JCublas2}. */
  private static String libraryFile(String className) {
    String library = className.substring(className.lastIndexOf('.') + 1);
    return LibUtils.createLibraryFileName(
        LibUtils.createPlatformLibraryName(library + "-" + JCudaVersion.get()));
  }

  private static String loadFailure(String className, Throwable failure) {
    return className
        + " does not load: "
        + linkerMessage(failure)
        + "; it is unpacked below "
        + System.getProperty(TEMPORARY_FOLDER_PROPERTY)
        + ": if that is mounted noexec or full, name another folder by -Djava.io.tmpdir=FOLDER";
  }

  /** What the system's linker says, of the many lines that JCuda's error has. */
  private static String linkerMessage(Throwable failure) {
    String marker = UnsatisfiedLinkError.class.getName() + ": /";
    return String.valueOf(failure.getMessage())
        .lines()
        .filter(line -> line.contains(marker))
        .map(line -> line.substring(line.indexOf(marker) + marker.length() - 1))
        .findFirst()
        .orElse(failure.toString().lines().findFirst().orElse(""));
  }

  /** What cannot be deleted now is left to the end of the process. */
  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      path.toFile().deleteOnExit();
    }
  }

  /** Deletes the folder. */
  @Override
  public void close() {
    delete(folder);
  }
}
