package dev.mmib.demo;

import java.util.Random;

/** The placeholders of all sentences: users, tags, addresses. */
final class Words {

  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

  private Words() {}

  /** The word itself, or what its placeholder stands for. */
  static String fill(String word, Random random) {
    return switch (word) {
      case "@USER" -> EntityWords.USERS.get(random.nextInt(EntityWords.USERS.size()));
      case "#TAG" -> EntityWords.TAGS.get(random.nextInt(EntityWords.TAGS.size()));
      case "URL" -> {
        var address = new StringBuilder("http://t.co/");
        for (int i = 0; i < 6; i++) {
          address.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        yield address.toString();
      }
      default -> word;
    };
  }
}
