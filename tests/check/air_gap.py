#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Enrollment over files: what may cross the gap, what is refused and changes
nothing, and what may be done twice.

usage: air_gap.py     environment: PRIVYSEAL_BUILD; PRIVYSEAL_FULL=1: every octet
"""
import base64
import html
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from world import (EXPORT, IMPORT, INIT, SIGN, TOKEN, Failed, copy, count_of_signatures, prepare, signatures,
                   unaccounted)

FULL = os.environ.get('PRIVYSEAL_FULL') == '1'


def expect(condition, text):
    if not condition:
        raise Failed(text)


def read(world, name):
    with open(world.path(name), 'rb') as file:
        return file.read()


def write(world, name, octets):
    with open(world.path(name), 'wb') as file:
        file.write(octets)


def only_public_material(world):
    """Every base64 text that travels is a public key or a signature."""
    allowed = 0
    for name in ('RMS01EnrollRequest.xml', 'RMS01EnrollRequest.pop', 'RMS01.slc.xml'):
        octets = read(world, name)
        expect(b'PRIVATE' not in octets, name + ' speaks of something private')
        for text in re.findall(rb'[A-Za-z0-9+/]{80,}={0,2}', octets):
            blob = base64.b64decode(text)
            der = subprocess.run(['openssl', 'asn1parse', '-inform', 'DER'], input=blob, capture_output=True)
            integers = der.stdout.count(b'INTEGER') if der.returncode == 0 else 0
            # RSAPublicKey has two integers, SubjectPublicKeyInfo none outside
            # its bit string; a private key has nine. A modulus or signature is
            # no DER at all.
            expect(integers in (0, 2), '%s: %d integers in one DER value' % (name, integers))
            expect(len(blob) in (32, 256, 270, 294), '%s: a value of %d octets' % (name, len(blob)))
            allowed += 1
    expect(allowed >= 10, 'only %d values were looked at' % allowed)


def state(world, store='root'):
    """What an import could change: the tables, without the journal of refusals."""
    with sqlite3.connect('file:%s?mode=ro' % world.path(store + '/store.db'), uri=True) as database:
        return [database.execute('select * from ' + table).fetchall()
                for table in ('key', 'subject', 'place', 'issue', 'pending', 'slc')]


def refused(world, octets, exits, label, store='root'):
    before = state(world, store)
    write(world, 'bad.xml', octets)
    done = world.run('enroll', '--store', store, '--import', 'bad.xml', '--yes')
    expect(done.returncode in exits, '%s: exit %d, expected %s: %s' % (label, done.returncode, sorted(exits), done.stderr.decode()))
    expect(done.stderr.count(b'\n') == 1, '%s: not one line: %r' % (label, done.stderr))
    expect(state(world, store) == before, label + ': the store changed')
    return done.stderr.decode()


def wrong_responses(world):
    response = read(world, 'RMS01.slc.xml')
    # Another server's response: another key, GUID, name and URL.
    world.good('init', '--store', 'root9', '--role', 'root', '--name', 'RMS09', '--url', 'https://nine.example/_wmcs',
               '--anchors', 'authority/anchors.pem', *TOKEN)
    world.good('enroll', '--store', 'root9', '--export')
    world.good('authority', 'sign', '--store', 'authority', 'RMS09EnrollRequest.xml', '--out', 'RMS09.slc.xml', '--yes')
    messages = {'another server': refused(world, read(world, 'RMS09.slc.xml'), {9}, "another server's response")}
    # A broken chain: each document left out.
    documents = re.findall(rb'<(\w+)>(&lt;XrML.*?&lt;/XrML&gt;)</\1>', response, re.S)
    expect(len(documents) == 4, 'the response holds %d documents' % len(documents))
    for number, (tag, document) in enumerate(documents):
        whole = b'<%s>%s</%s>' % (tag, document, tag)
        messages['wrapper'] = refused(world, response.replace(whole, b''), {4}, 'a response without child %d' % number)
        # Plain documents, one after the other, are read too: then it is the
        # chain that is broken.
        plain = b'\n'.join(html.unescape(d.decode()).encode() for _, d in documents[:number] + documents[number + 1:])
        messages['chain %d' % number] = refused(world, plain, {9, 21, 22, 25}, 'a chain without document %d' % number)
    altered = documents[0][1].replace(b'RMS01', b'RMS02')
    messages['altered'] = refused(world, response.replace(documents[0][1], altered), {9, 21}, 'another name in the SLC')
    swapped = response.replace(documents[1][1], b'@').replace(documents[2][1], documents[1][1]).replace(b'@', documents[2][1])
    refused(world, swapped, {4, 9, 20, 21, 22, 25}, 'two documents swapped')
    # Altered: one octet after the other.
    step = 1 if FULL else 97
    for at in range(0, len(response), step):
        octet = response[at]
        changed = response[:at] + bytes([octet ^ 1 if octet not in b'\r\n' else 0x78]) + response[at + 1:]
        write(world, 'bad.xml', changed)
        before = state(world)
        done = world.run('enroll', '--store', 'root', '--import', 'bad.xml', '--yes')
        if done.returncode == 0:
            # A changed octet outside what is signed (the wrapper) may leave the
            # very same documents: then it is the same import, nothing less.
            expect(re.findall(rb'&lt;XrML.*?&lt;/XrML&gt;', changed, re.S) == [d for _, d in documents],
                   'octet %d changed and accepted' % at)
            shutil.rmtree(world.path('root'))
            shutil.copytree(world.path('root-before'), world.path('root'))
        else:
            expect(done.returncode in {4, 9, 20, 21, 22, 23, 25}, 'octet %d: exit %d' % (at, done.returncode))
            expect(state(world) == before, 'octet %d: the store changed' % at)
    # Cut short.
    for length in range(0, len(response) - 1, step):
        refused(world, response[:length], {4, 9, 20, 25}, 'cut at %d' % length)
    # A server that trusts another authority.
    world.good('init', '--store', 'authority2', '--role', 'authority', '--name', 'EA two', *TOKEN)
    world.good('init', '--store', 'root2', '--role', 'root', '--name', 'RMS02', '--url', 'https://two.example/_wmcs',
               '--anchors', 'authority2/anchors.pem', *TOKEN)
    world.good('enroll', '--store', 'root2', '--export')
    os.unlink(world.path('RMS02EnrollRequest.pop'))  # made for the other authority
    world.good('authority', 'sign', '--store', 'authority', 'RMS02EnrollRequest.xml', '--without-proof', '--out', 'RMS02.slc.xml', '--yes')
    messages['foreign anchor'] = refused(world, read(world, 'RMS02.slc.xml'), {25}, 'foreign anchor', 'root2')
    expect(len(set(messages.values())) >= 5, 'messages do not tell causes apart: %r' % messages)
    return len(range(0, len(response), step)) + len(range(0, len(response) - 1, step)) + 8


def wrong_requests(world):
    """The authority refuses what is not the request that was exported."""
    request = read(world, 'RMS01EnrollRequest.xml')
    proof = read(world, 'RMS01EnrollRequest.pop')

    def signs(octets, pop, label, exits):
        write(world, 'x.xml', octets)
        if pop is None:
            if os.path.exists(world.path('x.pop')):
                os.unlink(world.path('x.pop'))
        else:
            write(world, 'x.pop', pop)
        before = len(signatures(world))
        done = world.run('authority', 'sign', '--store', 'authority', 'x.xml', '--out', 'x.slc.xml', '--yes')
        expect(done.returncode in exits, '%s: exit %d: %s' % (label, done.returncode, done.stderr.decode()))
        expect(not os.path.exists(world.path('x.slc.xml')), label + ': published')
        # The closing checkpoint of a store that recorded the refusal is the
        # audit key's; nothing else may be signed.
        audit = audit_ids(world, 'authority')
        expect(all(key in audit for key, _, _ in signatures(world)[before:]), label + ': something was signed')

    signs(request, None, 'no proof', {3})
    signs(request.replace(b'rms.example', b'rmt.example'), proof, 'another URL', {3})
    signs(request.replace(b'RMS01', b'RMS02'), proof, 'another name', {3})
    lines = proof.split(b'\n')
    for number in range(len(lines) - 1):
        signs(request, b'\n'.join(lines[:number] + lines[number + 1:]), 'proof without line %d' % number, {3, 4})
        signs(request, b'\n'.join(lines[:number + 1] + lines[number:]), 'proof with line %d twice' % number, {3, 4})
    for at in range(0, len(proof) - 1, 1 if FULL else 29):
        changed = proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1:]
        signs(request, changed, 'proof, octet %d' % at, {3, 4})


def audit_ids(world, store):
    with sqlite3.connect('file:%s?mode=ro' % world.path(store + '/store.db'), uri=True) as database:
        return {row[0].hex() for row in database.execute("select id from key where purpose = 'audit'")}


def one_result_a_signature(world):
    """RESULT records equal the token's count of C_Sign, key by key."""
    total = 0
    for store in ('authority', 'root'):
        for purpose, made, results in count_of_signatures(world, store):
            expect(made == results and made > 0, '%s: the %s key made %d signatures, the journal has %d results'
                   % (store, purpose, made, results))
            total += made
    wrong = unaccounted(world, ['authority', 'root'])
    expect(not wrong, '; '.join(wrong))
    return total


def main():
    work = tempfile.mkdtemp(prefix='air-gap-', dir=os.getcwd())
    try:
        world = prepare(os.path.join(work, 'world'), 4)
        only_public_material(world)
        signed = one_result_a_signature(world)
        trial = copy(world, os.path.join(work, 'requests'))
        os.unlink(trial.path('RMS01.slc.xml'))
        wrong_requests(trial)
        trial = copy(world, os.path.join(work, 'responses'))
        shutil.copytree(trial.path('root'), trial.path('root-before'))
        tried = wrong_responses(trial)
        # Asking, and doing things twice.
        done = world.run(*[word for word in IMPORT if word != '--yes'])
        expect(done.returncode == 5, 'import without --yes and without a terminal: exit %d' % done.returncode)
        first = read(world, 'RMS01.slc.xml')
        request = read(world, 'RMS01EnrollRequest.xml'), read(world, 'RMS01EnrollRequest.pop')
        world.good(*EXPORT)
        expect(request == (read(world, 'RMS01EnrollRequest.xml'), read(world, 'RMS01EnrollRequest.pop')), 'a second export differs')
        world.good(*SIGN)
        expect(first == read(world, 'RMS01.slc.xml'), 'a second signing differs')
        write(world, 'RMS01.slc.xml', b'something of the user')
        done = world.run(*SIGN)
        expect(done.returncode == 9 and read(world, 'RMS01.slc.xml') == b'something of the user', 'a file of the user was replaced')
        os.unlink(world.path('RMS01.slc.xml'))
        world.good(*SIGN)
        expect(first == read(world, 'RMS01.slc.xml'), 'a third signing differs')
        world.good(*IMPORT)
        after = state(world)
        world.good(*IMPORT)
        expect(state(world) == after, 'a second import changed the store')
        world.good(*SIGN)
        world.good('verify', '--anchors', 'authority/anchors.pem', 'RMS01.slc.xml')
        for store in ('authority', 'root'):
            world.good('log', 'verify', '--store', store)
        signed = one_result_a_signature(world)
        print('%d wrong responses refused; %d signatures in the token, as many RESULT records' % (tried, signed))
        shutil.rmtree(work, ignore_errors=True)
        return 0
    except Failed as failure:
        print('FAILED: %s (see %s)' % (failure, work), file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
