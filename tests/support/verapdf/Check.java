import java.io.FileInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Reference;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.verapdf.pdfa.validation.validators.ValidatorFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Prints one line a file: "<file> OK" or "<file> FAILED" and the clauses broken; exits 1 when any failed.
 * The jar lacks the XML binding that veraPDF reads its profiles with, so the profile is read here. Usage: Check 2b file.pdf …
 */
public final class Check {
    private static String text(Element parent, String name) {
        NodeList found = parent.getElementsByTagName(name);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent();
    }

    private static ValidationProfile profile(PDFAFlavour flavour, String name) throws Exception {
        Document xml;
        try (InputStream stream = Profiles.class.getResourceAsStream("/org/verapdf/pdfa/validation/" + name)) {
            xml = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(stream);
        }
        Set<Rule> rules = new LinkedHashSet<>();
        NodeList ruleNodes = xml.getElementsByTagName("rule");
        for (int i = 0; i < ruleNodes.getLength(); i++) {
            Element node = (Element) ruleNodes.item(i);
            Element id = (Element) node.getElementsByTagName("id").item(0);
            List<ErrorArgument> arguments = new ArrayList<>();
            Boolean deferred = node.hasAttribute("deferred") ? Boolean.valueOf(node.getAttribute("deferred")) : null;
            rules.add(Profiles.ruleFromValues(
                    Profiles.ruleIdFromValues(PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                            id.getAttribute("clause"), Integer.parseInt(id.getAttribute("testNumber"))),
                    node.getAttribute("object"), deferred, node.getAttribute("tags"), text(node, "description"), text(node, "test"),
                    Profiles.errorFromValues(text(node, "message"), arguments), new ArrayList<Reference>()));
        }
        Set<Variable> variables = new LinkedHashSet<>();
        NodeList variableNodes = xml.getElementsByTagName("variable");
        for (int i = 0; i < variableNodes.getLength(); i++) {
            Element node = (Element) variableNodes.item(i);
            variables.add(Profiles.variableFromValues(node.getAttribute("name"), node.getAttribute("object"),
                    text(node, "defaultValue"), text(node, "value")));
        }
        return Profiles.profileFromValues(flavour, Profiles.profileDetailsFromValues(name, name, "veraPDF", new Date(0)), "", rules, variables);
    }

    public static void main(String[] names) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.byFlavourId(names[0]);
        ValidationProfile profile = profile(flavour, "PDFA-" + names[0].toUpperCase() + ".xml");
        boolean ok = profile.getRules().size() > 50;
        for (int i = 1; i < names.length; i++) {
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(names[i]), flavour);
                    PDFAValidator validator = ValidatorFactory.createValidator(profile, false)) {
                ValidationResult result = validator.validate(parser);
                ok &= result.isCompliant();
                System.out.println(names[i] + (result.isCompliant() ? " OK" : " FAILED"));
                for (TestAssertion assertion : result.getTestAssertions()) {
                    if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                        System.out.println("  " + assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber()
                                + " " + assertion.getMessage());
                    }
                }
            }
        }
        System.exit(ok ? 0 : 1);
    }
}
