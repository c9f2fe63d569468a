package dev.mmib.text;

import org.jspecify.annotations.Nullable;

/** What some code points become: pages of 256, most of which are not there. */
final class CodePointMap {

  private static final int PAGE = 256;

  private final int[] @Nullable [] @Nullable [] pages =
      new int[(Character.MAX_CODE_POINT + 1) / PAGE][][];

  void put(int c, int[] becomes) {
    var page = pages[c / PAGE];
    if (page == null) {
      page = new int[PAGE][];
      pages[c / PAGE] = page;
    }
    page[c % PAGE] = becomes;
  }

  /** Null for one that stays as it is. */
  int @Nullable [] of(int c) {
    var page = pages[c / PAGE];
    return page == null ? null : page[c % PAGE];
  }
}
