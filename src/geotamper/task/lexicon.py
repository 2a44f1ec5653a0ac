"""The words that the question parser knows, and what each stands for.

Every entry is a concept with its words and phrases, separated by commas. A longer phrase goes before its
parts, and one phrase may stand for several concepts. Add a word here to teach the parser a new way of asking.
"""

from collections.abc import Mapping

CONCEPTS: Mapping[str, str] = {
    # What the sentence asks for
    "wh": "what, which, where, whereabouts, where abouts, how, name, identify",
    "where": """
        find the, origin, where, destination, source location, source position, original position,
        original location, original place, starting point, whereabouts, where abouts, position, positions,
        positioned, location, locations, spot, what corner, which corner, what part, which part, what
        quadrant, which quadrant, what cell, which cell, which area, what area, which region, what region,
        what section, which section, which sector, what place, which place, what spot, which spot, what
        zone, which zone, pinpoint, locate, locate the""",
    "how": "how",
    "how_much": """
        how much, how great, how large, how big, how extensive, how much area, how wide, how sizeable, how
        small,
        what size, which size, size range, how much space, how much room, how much surface""",
    "yes_no": """
        is, are, was, were, do, does, did, has, have, had, whether, can, could, would, will, should, any,
        if, am, isn, aren, wasn, didn, hasn, doesn""",
    "kind_word": "kind, type, sort, category, class, form, nature, variety, types, kinds",
    "method": """
        what way, in what way, in which way, method, technique, approach, procedure, by what means, means,
        trick, way of""",
    "done_to": """
        what did they do, what was done, what has been done, what happened to the image, what happened to
        the picture, what happened to the photo, what happened to this, what did the forger do, what did
        someone do""",
    "neutral": """
        spot any, point out, points out, the fact, in fact, tell apart, at all, do you see, can you see""",
    # Things that can be spoken of
    "image": """
        original image, original picture, original photo, original scene, image, images, picture,
        pictures, photo, photograph, foto, scene, frame, shot, tile, img, screenshot, satellite
        image, aerial image, snapshot, canvas, imagery, photography, whole, entire, total""",
    "object": """
        object, objects, thing, things, item, items, stuff, element, feature, features, piece, content,
        subject, objekt""",
    "patch": """
        patch, bit, region, area, zone, domain, section, part, parts, portion, pixels, pixel, spot, place,
        segment, fragment, areas, regions, piece""",
    "pronoun": "it, they, them, this, that, its, one, ones",
    # Roles of the two regions
    "source": """
        source, sources, original, originals, source region, source domain, source area, where it came
        from, where it was taken from, where it was copied from, where it comes from, where it was cut
        from, copied original, template, prototype, origin, untouched one,
        master, first one, true one""",
    "at_first": """
        originally, initially, in the first place, at first, to begin with, beforehand, previously, prior
        to, before being""",
    "strong_source": """
        original position, original location, original place, where it came from, source location, source
        position, source, sources, origin, starting point, provenance""",
    "genuine": """
        real, genuine, authentic, true, unaltered, untouched, unedited, unmodified, untampered, pristine,
        legit, legitimate, trustworthy, unmanipulated, intact""",
    "target": """
        copy, copies, clone, clones, duplicate, duplicates, replica, fake, fakes, forgery, target,
        counterfeit, target region, target domain, target area, twin, second one, copied version, pasted
        version, double, reproduction, new one, paste""",
    "copied": """
        copied, cloned, duplicated, replicated, copy pasted, copying, cloning, duplicating, clone,
        duplicate, copy, copies, doubled, reproduced, repeated, moved, relocated, transplanted,
        copypasted, copy and pasted, copied and pasted""",
    "paste": """
        pasted, paste, pasting, put, placed, place it, inserted, insert, end up, ended up, ends up, land,
        landed, lands, moved to, go to, destination, arrive, arrived, dropped, stuck, planted, added,
        implanted, moved, relocated, copied to, cloned to, drop, target, wind up, wound up, transferred,
        copied into, insertion, pastes, put it, stamped, glued, superimposed""",
    "take": """
        taken, take, took, takes, come, came, comes, coming, lifted, lift, copied, copy, cut, cloned,
        clone, grabbed, grab, picked, pick, originate, originates, originated, stem, stems, stolen,
        pulled, extracted, borrowed, duplicated, duplicate, sampled, get, got, pull, cut out, snipped,
        clipped, steal""",
    "from": "from, out of",
    # Tampering
    "tamper": """
        tampered, tampered with, tamper, tampering, tempered, forged, forge, forging, forgery, forgeries,
        manipulated, manipulate, manipulation, manipulations, manipulating, altered, alter, alteration,
        alterations, edited, edit, edits, editing, doctored, doctor, doctoring, faked, fake, fakes,
        faking, photoshopped, photoshop, photoshoped, shopped, modified, modify, modification,
        modifications, changed, change, changes, falsified, falsify, falsification, retouched, retouch,
        retouching, touched up, mess with, messed with, messed up, fiddled, fiddled with, counterfeit,
        counterfeited, meddled, meddled with, bogus, phony, phoney, fabricated, affected, suspicious,
        fishy, tampers, interfered with, fraudulent, hoax, reworked, touched, rigged, fudged, fraud,
        dodgy, tinkered, tinkered with, spoofed, inauthentic, corrupted, played with, trickery, foul play,
        funny business, monkey business, fakery, tricks, hanky panky, adulterated, artificially changed,
        sham, forger""",
    "tamper_noun": """
        tampering, forgery, forgeries, manipulation, manipulations, alteration, alterations, edit, edits,
        falsification, modification, modifications, fake, editing, retouching, trickery, change, fraud""",
    "blur": """
        blur, blurred, blurring, blurry, blurs, smeared, smear, smudge, smudged, mosaic, pixelated,
        pixelation, pixelate, oil painting, gaussian, smoothed, obscured, censored, unsharp, blurred out,
        blur out, softened, smoothing, defocused, masked out, fuzzy""",
    "copy_move_name": """
        copymove, copy paste, copy paste job, copy and paste, copy move forgery, copy move tampering, copy
        move manipulation""",
    "copy_move": """
        copymove, clone, cloned, cloning, copied, copying, copy, copy paste, duplicated,
        duplication""",
    # How the copy differs
    "rotate": """
        rotated, rotate, rotates, rotation, rotating, rotations, turned, turn, turning, turned around,
        turned round, spun, spin, spinning, twisted, twist, swivelled, swiveled, swivel, tilted, tilt,
        oriented, orientated, orientation, orientations, reoriented, facing, faces, face, pointing, point
        in, points in, heading, headings, at an angle, angled, pivot, pivoted, reorientation, alignment,
        aligned, clockwise, anticlockwise, counterclockwise, counter clockwise, point, points, head,
        rotational, askew, skewed, slanted, pointed, upside down, points the, facing the""",
    "angle": "angle, angles",
    "scale": """
        resized, resize, resizing, re sized, rescaled, rescale, rescaling, scaled, scale, scaling,
        enlarge, shrink, magnification, zoomed, zoom, re scaled, stretched, stretch, size change, change
        in size, change of size, change size, changed in size, changed size, size changed, scale factor""",
    "size": "size, sizes, sized, dimension, dimensions, scale",
    "big": "big, large, small, little, huge, tiny, minor, sizeable, sizable, extensive, substantial",
    "Bigger": """
        bigger, larger, greater, enlarged, enlarge, enlarging, enlargement, enlarges, magnified, magnify,
        scaled up, scale up, scaling up, upscaled, upscale, blown up, blow it up, blew it up, blow up,
        blew up, grown, grow, grew,
        grows, increase, increased, increases, zoomed in, expanded, expand, upsized, inflated, gain in
        size, growing, made big, made large, oversized, stretched, extended, upsize""",
    "Smaller": """
        smaller, less large, less big, shrunk, shrink, shrank, shrunken, shrinking, shrinks, reduced,
        reduce, reduction, scaled
        down, scale down, scaling down, downscaled, downscale, decreased, decrease, decreases, zoomed out,
        downsized, downsize, diminished, minified, tinier, lesser, compressed in size, made small,
        reduces, contracted, miniaturised, lessened, shrinkage""",
    "Same": """
        same size, equal size, equal in size, equal in area, same area, equally big, equally large, equal
        sized, equally sized, as big as, as large as, identical in size, identical size, same dimensions,
        original size, keep the size, kept the size, size kept, size unchanged, unchanged in size,
        unchanged size, of equal area, same in size, same in area, true to size, no bigger or smaller,
        neither larger nor smaller, neither bigger nor smaller, neither smaller nor larger, same scale,
        unscaled, original scale, not resized, without scaling, without resizing, identical in area,
        neither bigger or smaller, kept, keep, identical dimensions, equal dimensions, match in size, as
        small as, actual size, not scaled, retain, retained, stay the same, stayed the same, remain the
        same, remained the same, same big, the same as, preserved, constant, equal, unchanged,
        maintained""",
    "share": """
        share, relative area, percentage, percentages, percent, proportion, fraction, coverage, cover,
        covers, covered,
        covering, occupy, occupies, occupied, take up, takes up, taken up, extent, account for, accounts
        for, surface, ratio, amount, spread, the area of, its area, total area, make up, makes up, made
        up, how widespread, area covered, portion of the, fill, fills, size range, footprint, fraction of,
        area in percent, area size""",
    # Relation of the two
    "compare": """
        seen from, viewed from, compare, compared, relative, respect, versus, vs, than, comparison,
        against, difference, differ,
        differs, different, in relation, relation, regard, differently, between, side by side, like""",
    "direction": """
        direction, directions, which way, what way, which side, what side, sideways, bearing, compass
        direction, which compass direction, whither""",
    "move": """
        moved to, move, moved, moves, moving it, shift, shifted, shifts, shifting, displaced,
        displacement, displace, go, goes, went, drag, dragged, pushed, push, travel, travelled, traveled,
        transported, slid, slide, relocated, offset, gone, translated, carried, transferred, translate,
        movement, moved in, shoved, dragged it, jumped, jump, bring, brought""",
    "edge": """
        corner, edge, border, margin, quadrant, rim, half, third, area, part, region, zone, cell, corners,
        quarter, section, portion, sector""",
    # Places
    "Upper": """
        upper, top, north, northern, above, up, upward, upwards, higher, over, topmost, uppermost,
        northward, northwards, high, atop, upside, upper side, upper half, higher up, further up, top
        side""",
    "Lower": """
        lower, bottom, south, southern, below, down, downward, downwards, beneath, under, underneath,
        bottommost, lowermost, southward, southwards, low, lower side, further down, lower down, foot,
        lowest, bottom side, buttom""",
    "Left": """
        left, west, western, leftward, leftwards, westward, westwards, leftmost, left hand, lefthand, left
        side, left hand side, westerly, left handed, further left, far left, to the west""",
    "Right": """
        right, east, eastern, rightward, rightwards, eastward, eastwards, rightmost, right hand,
        righthand, right side, right hand side, easterly, further right, far right""",
    "Middle": "middle, center, centre, central, mid, centrally, centered, centred, core, heart",
    "Upper Left": "upperleft, topleft, northwest, nw, north west, northwestern, lefttop, northwesterly",
    "Upper Right": "upperright, topright, northeast, ne, north east, northeastern, righttop",
    "Lower Left": "lowerleft, bottomleft, southwest, sw, south west, southwestern",
    "Lower Right": "lowerright, bottomright, southeast, se, south east, southeastern",
    # Classes
    "Car": """
        car, cars, vehicle, vehicles, automobile, automobiles, truck, trucks, van, vans, lorry, lorries,
        bus, buses, sedan, suv, pickup, taxi, jeep, motorcar, auto""",
    "Vegetation": """
        vegetation, tree, trees, forest, forests, bush, bushes, shrub, shrubs, wood, woods, woodland,
        plant, plants, grove, greenery, hedge, foliage, low vegetation, grass, lawn, thicket, patch of
        vegetation, piece of vegetation, treetop, canopy, shrubbery, scrub""",
    "Ship": """
        ship, ships, boat, boats, vessel, vessels, yacht, ferry, tanker, barge, freighter, container ship,
        cargo ship, sailboat, watercraft, sailing boat, fishing boat, motorboat, frigate""",
    "Airplane": """
        airplane, airplanes, aeroplane, aeroplanes, plane, planes, aircraft, aircrafts, jet, jets,
        airliner, jetliner, air plane, jumbo, airbus, fighter jet""",
    "Building": """
        building, buildings, house, houses, home, homes, warehouse, warehouses, roof, roofs, hangar,
        factory, skyscraper, tower, shed, construction, edifice, apartment, apartments, church, barn,
        rooftop, block of flats, office block, structure, hut, villa, cottage, hall, school, farmhouse""",
    "Farmland": """
        farmland, farm land, field, fields, farm, agriculture, agricultural land, agricultural field,
        agricultural, crop land, cropland, crop field, crops, meadow, pasture, plot of farmland, piece of
        farmland, arable land, arable, orchard, paddy, plantation, farmlands, ploughed land, wheat field,
        corn field, acre, vineyard, cultivated land, plot of land""",
    "Road": """
        road, roads, street, streets, highway, highways, motorway, lane, path, piece of road, track,
        roadway, freeway, avenue, stretch of road, bit of road, crossing, asphalt, motorways,
        intersection, driveway, carriageway, expressway, boulevard, runway of road, tarmac""",
}

NUMBERS: Mapping[str, float] = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "hundred": 100,
    "half": 50,
    "quarter": 25,
    "third": 100 / 3,
    "fifth": 20,
    "tenth": 10,
    "twentieth": 5,
    "hundredth": 1,
}
"""Number words, and fractions of the picture in percent."""

FRACTION_WORDS = frozenset(("half", "quarter", "third", "fifth", "tenth", "twentieth", "hundredth"))

AT_MOST = (
    "less, under, below, smaller, fewer, at most, up to, maximum, beneath, lower, within, short of, not even"
)
AT_LEAST = (
    "more, over, above, larger, bigger, greater, exceed, exceeds, exceeding, beyond, "
    "at least, minimum, higher"
)

# Words of other topics: one of them is enough to know that the catalogue has no such question.
OTHER_TOPICS: Mapping[str, str] = {
    "who, when or why something was done": """
        who, whom, whose, why, when was, when did, what time, what year, date, year, month, season,
        daytime, motive, author, forger s name, how old, how recent, how long ago, culprit, responsible,
        hour, how come, reason, purpose, person""",
    "counts": "how many, number of, count, how often, how many times, amount of cars",
    "lengths, angles, amounts and coordinates": """
        how far, how tall, how high, how deep, how long, how fast, how wide, metres, meters, metre, meter,
        km, kilometres, kilometers, miles, feet, hectares, square, taller, distance, height, lat, lon,
        latitude, longitude, coordinate, coordinates, gps, degrees, degree, what angle, which angle, by
        how much, how much bigger, how much smaller, how much larger, scale factor, factor, speed, depth,
        elevation, altitude, width, length, exact number, weigh, weight, projection, epsg, crs""",
    "colours, weather and the look of things": """
        color, colours, colors, coloured, colored, weather, cloudy, cloud, clouds, sunny, rain,
        raining, snow, nicer, nice, better, beautiful, prettier, ugly, brightness, brighter, darker,
        sharper, contrast, shadow, shadows, red, blue, white, black, yellow, temperature, water, hot,
        cold, pretty""",
    "the sensor and the file": """
        resolution, satellite is, which satellite, what satellite, sensor, camera, zoom level, infrared,
        file, format, metadata, exif, compression, compressed, jpeg, jpg, png, tiff, bands, megabytes,
        pixel size, drone, hash, checksum, copyright, licence, license, dataset, data set, software,
        photographer, tool, app, program, lens, noise, spectral, channel, channels, taken with,
        wavelength""",
    "the place that is shown": """
        country, city, town, continent, state, which airport, river, village, nation, address, map, place
        is this, street name, capital, harbour is, where on earth, in the world, name of the""",
    "mirrored, spliced or generated content": """
        mirrored, mirror, mirroring, flipped, flip, flipping, mirror image, reflected, reflection, another
        image, another picture, another photo, other image, other picture, other photo, different image,
        different picture, different photo, second image, splice, spliced, splicing, deepfake, deep fake,
        ai, gan, generated, synthetic, generative, diffusion, inpainted, inpainting, removed, erased,
        stock photo, another source, watermark, steganography, drawn""",
    "the program, or an order to it": """
        delete, remove, export, download, upload, crop, save, open the, print, rotate the image, rotate
        this, rotate the picture, rotate the photo, undo, restore, draw, detector, algorithm, accuracy,
        accurate, confident, sure, trust, illegal, legal, law, allowed, work, works, who made, you made,
        are you, price, cost, repair, fix, sharpen, describe the image, describe the picture, describe the
        scene, explain, translate, summarise, summarize, make it brighter, make the, install, run,
        version, model, help, weights, train, trained, learn, buy, resize the image, zoom in, blur the,
        send, publish, publishing, repeat, compare this, with the other one, improve, enhance, run again,
        copy the mask, mask, can you fix, can you make, increase the, plot the, segment the, classify
        the""",
    "what goes on in the scene": """
        moving, is moving, parked, sailing, flying, driving, people, taking off, animals, traffic,
        inhabited, dangerous, busy, sinking, landing, crowded, healthy, burning, flooded, damaged,
        parking, burnt, brand, owner, belongs, empty, abandoned, military, civil, made of, floors,
        storeys, stories""",
}

_FUNCTION = """
    a about actually after again all also am among an and another answer any anybody anyone anything
    apart appear appeared appears applied apply approximately are around as at be became because become
    becomes been before being believe belong belongs between both but by call called can case cent claim
    clearly contain contained contains correct could curious currently d dear describe described detect
    detected did different do does done down during each either else elsewhere equal even every
    everything evidence exactly exist exists fact fall falls fell find first fit fits for found get gets
    getting give given got guess had hand happen happened happens has have he her here hey hi hidden
    hide hiding his how i if in indeed inside into is judging just know label laid last lay less let lie
    lies like ll locate located look looking lurking lying m made make makes many match matches matter
    may maybe me mean means might more most much my near need neither next no nor not nothing now occur
    occurred of off oh ok okay on one ones only onto or other our out own pct per percent place please
    pls point possible possibly question re really rest resting result roughly s said same say says
    second see seem seems seen she should show shown shows side sign signs since sit sits so some
    somebody somehow someone something somewhere stand stands still supposed t takes tell than that the
    their then there these think this those through to too toward towards trace traces tried try two up
    us use used using ve very visible want was way we well were what when where which while whole whose
    will with within wonder wondering would yes you your
    """
FUNCTION_WORDS = frozenset(_FUNCTION.split())
"""Words of ordinary questions that stand for nothing here, known so that they are not bent into others."""
