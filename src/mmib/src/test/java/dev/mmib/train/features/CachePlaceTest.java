package dev.mmib.train.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class CachePlaceTest {

  private static Path auto(String system, Map<String, String> environment, String... properties) {
    var all = new Properties();
    all.setProperty("os.name", system);
    all.setProperty("user.home", "/home/me");
    for (int i = 0; i < properties.length; i += 2) {
      all.setProperty(properties[i], properties[i + 1]);
    }
    return new CachePlace(environment, all).of("auto").orElseThrow();
  }

  @Test
  void isWhereEachSystemKeepsWhatCanBeMadeAgain() {
    assertEquals(Path.of("/home/me/.cache/mmib/features"), auto("Linux", Map.of()));
    assertEquals(Path.of("/x/mmib/features"), auto("Linux", Map.of("XDG_CACHE_HOME", "/x")));
    assertEquals(
        Path.of("/home/me/.cache/mmib/features"),
        auto("Linux", Map.of("XDG_CACHE_HOME", "relative")));
    assertEquals(Path.of("/home/me/Library/Caches/mmib/features"), auto("Mac OS X", Map.of()));
    assertEquals(
        Path.of("/local/mmib/features"), auto("Windows 11", Map.of("LOCALAPPDATA", "/local")));
  }

  @Test
  void isWhereAPropertySays() {
    assertEquals(
        Path.of("/p/features"),
        auto("Linux", Map.of("XDG_CACHE_HOME", "/x"), CachePlace.PROPERTY, "/p"));
  }

  @Test
  void isWhatTheSettingNames() {
    assertEquals(Optional.empty(), CachePlace.here().of("none"));
    assertEquals(Optional.of(Path.of("dir/of/mine")), CachePlace.here().of("dir/of/mine"));
    for (var bad : new String[] {"", " ", "a\0b"}) {
      var e = assertThrows(MmibException.class, () -> CachePlace.here().of(bad));
      assertEquals(ErrorCode.USAGE, e.code());
    }
  }
}
