package dev.mmib.cli.report;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * A report read back: void elements and named characters apart it is XML, so that no text can have
 * broken out of its place.
 */
public final class ReadPage {

  private final Document document;

  public ReadPage(String html) throws IOException {
    var xml =
        html.replace("<!DOCTYPE html>", "")
            .replaceAll("<(meta|img)([^>]*)>", "<$1$2/>")
            .replaceAll("&(darr|rarr|middot);", "");
    try {
      document =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(xml)));
    } catch (SAXException | ParserConfigurationException e) {
      throw new IOException("the page is not well-formed", e);
    }
  }

  public int count(String tag) {
    return document.getElementsByTagName(tag).getLength();
  }

  /** The section of this title. */
  public Part section(String title) {
    return all(document.getElementsByTagName("section")).stream()
        .filter(part -> part.texts("h2").equals(List.of(title)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no section " + title));
  }

  public boolean hasSection(String title) {
    return all(document.getElementsByTagName("h2")).stream().anyMatch(h -> h.text().equals(title));
  }

  /** The facts under the title, as {@code name value}. */
  public List<String> facts() {
    var facts = (Element) document.getElementsByTagName("dl").item(0);
    return all(facts.getElementsByTagName("div")).stream()
        .map(p -> p.texts("dt").get(0) + " " + p.texts("dd").get(0))
        .toList();
  }

  private static List<Part> all(NodeList nodes) {
    var parts = new ArrayList<Part>();
    for (int i = 0; i < nodes.getLength(); i++) {
      parts.add(new Part((Element) nodes.item(i)));
    }
    return parts;
  }

  /** An element of the page. */
  public record Part(Element element) {

    public String text() {
      return element.getTextContent().strip().replaceAll("\\s+", " ");
    }

    public String attribute(String name) {
      return element.getAttribute(name);
    }

    /** What is inside of a tag, with one of these classes if any are given. */
    public List<Part> parts(String tag, String... classes) {
      return all(element.getElementsByTagName(tag)).stream()
          .filter(
              part ->
                  classes.length == 0
                      || Arrays.stream(part.attribute("class").split(" "))
                          .anyMatch(List.of(classes)::contains))
          .toList();
    }

    public List<String> texts(String tag, String... classes) {
      return parts(tag, classes).stream().map(Part::text).toList();
    }

    /** The table's rows, each with the texts of its cells. */
    public List<List<String>> rows() {
      return parts("tr").stream().map(row -> row.cells()).toList();
    }

    private List<String> cells() {
      var cells = new ArrayList<String>();
      for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
        if (node instanceof Element cell) {
          cells.add(new Part(cell).text());
        }
      }
      return cells;
    }
  }
}
